<#
.SYNOPSIS
安装 regaudit,或升级已安装的;不使用网络。

.DESCRIPTION
找到本安装包所用的 Python,由它安装。各项选项:
powershell -ExecutionPolicy Bypass -File install.ps1 -Help
#>
param([string]$Python = "", [string]$Prefix = "", [switch]$Clear, [switch]$Help)
$ErrorActionPreference = "Stop"
$wanted = (ConvertFrom-StringData (Get-Content -Raw -LiteralPath (Join-Path $PSScriptRoot "bundle.env"))).PYTHON
$words = @("-I", (Join-Path $PSScriptRoot "install.py"))
if ($Prefix) {
    $words += @("--prefix", $Prefix)
}
if ($Clear) {
    $words += "--clear"
}
if ($Help) {
    $words += "--help"
}
if ($Python) {
    $program = $Python
} elseif (Get-Command "py" -ErrorAction SilentlyContinue) {
    $program = "py"
    $words = @("-$wanted") + $words
} else {
    $program = "python"
}
if (-not (Get-Command $program -ErrorAction SilentlyContinue)) {
    Write-Host "不能安装:没有找到可以运行的 Python($program)"
    Write-Host "  → 请安装 64 位的 Python $wanted;已装在别处的,用 -Python D:\路径\python.exe 指明"
    exit 2
}
& $program $words
exit $LASTEXITCODE
