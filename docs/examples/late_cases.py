# %% [markdown]
# # 超期的办件:时间耗在哪里
#
# 一个笔记本:读 regaudit 的分析数据库,用 polars 计算,有 altair 的就画图。Jupyter、VS Code 都能按单元运行,
# 也可以直接 `python late_cases.py`。数据库的位置写在环境变量 `REGAUDIT_DATABASE` 中,默认是 `make demo` 的。

# %%
import os

import duckdb
import polars as pl

FEWEST = 5
DATABASE = os.environ.get("REGAUDIT_DATABASE", "demo-home/regaudit.duckdb")
db = duckdb.connect(DATABASE, read_only=True)

# %% [markdown]
# 各栏的含义就在数据库里。

# %%
db.sql("SELECT column_name, data_type, comment FROM duckdb_columns() WHERE table_name = 'handovers'").show()

# %% [markdown]
# 按月、按时限类别的超期率。SQL 的结果直接成为 polars 的表。

# %%
late = db.sql("""
    SELECT date_trunc('month', closed_at)::DATE AS month, limit_class,
           count(*) AS decided, count(*) FILTER (closed_at::DATE > due_on) AS late
    FROM cases
    WHERE closed_at IS NOT NULL AND close_kind <> 'withdraw' AND due_state = 'fixed'
    GROUP BY ALL ORDER BY ALL
""").pl()
late = late.with_columns(percent=(100 * pl.col("late") / pl.col("decided")).round(1))
print(late)

# %% [markdown]
# 每次交接等了多少工作分钟:超期的办件与按时的办件并排。

# %%
waits = db.sql("""
    SELECT t.title AS 其后的环节, c.closed_at::DATE > c.due_on AS is_late, h.wait_minutes
    FROM handovers AS h
    JOIN cases AS c USING (office, case_no)
    JOIN codes AS t ON t.kind = 'step' AND t.code = h.to_step
    WHERE c.closed_at IS NOT NULL AND c.due_state = 'fixed' AND h.wait_minutes IS NOT NULL
""").pl()
medians = (
    waits.group_by("其后的环节", "is_late")
    .agg(times=pl.len(), median_minutes=pl.col("wait_minutes").median())
    .filter(pl.col("times") >= FEWEST)
    .sort("median_minutes", descending=True)
)
print(medians)

# %% [markdown]
# 画图。没有 altair 的跳过:`pip install altair`。

# %%
try:
    import altair as alt
except ImportError:
    chart = None
else:
    chart = (
        alt.Chart(medians, title="各环节之前的等候(工作分钟,中位数)")
        .mark_bar()
        .encode(x="median_minutes:Q", y=alt.Y("其后的环节:N", sort="-x"), color="is_late:N")
    )
chart  # noqa: B018 - a notebook shows what its last line says
