// Nothing needs this script: it spares a second click and a lost text, and unfolds what is printed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  if (form.method === "post") {
    form.dataset.sent = "yes";
  }
});
window.addEventListener("pageshow", () => {
  for (const form of document.forms) {
    delete form.dataset.sent;
  }
});
// Tables that are folded away on the screen stand on paper.
window.addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details:not([open], .screen)")) {
    folded.dataset.folded = "yes";
    folded.open = true;
  }
});
window.addEventListener("afterprint", () => {
  for (const folded of document.querySelectorAll("details[data-folded]")) {
    folded.open = false;
    delete folded.dataset.folded;
  }
});
for (const box of document.querySelectorAll("input[data-all]")) {
  box.hidden = false;
  box.addEventListener("change", () => {
    for (const other of document.querySelectorAll(`input[name="${box.dataset.all}"]`)) {
      other.checked = box.checked;
    }
  });
}
