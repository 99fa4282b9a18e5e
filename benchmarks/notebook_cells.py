# The notebook people write today: everything read into pandas, then the figures of the sections
# summary, acquisition, tendencies, profitability, lift, ltv and cohorts, with their charts.
# %%
from __future__ import annotations

import os

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
import sqlalchemy as sa
from IPython.display import display
from scipy import stats
from scipy.optimize import minimize
from scipy.special import gammaln
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

NAMES = ["spring", "summer"]
LAST, CUTOFF = pd.Timestamp("2025-12-31"), pd.Timestamp("2025-10-03")

# %%
users, events, meals = {}, {}, {}
for name in NAMES:
    with sa.create_engine(os.environ[name.upper()]).connect() as connection:
        users[name] = pd.read_sql(sa.text('SELECT * FROM "Users"'), connection)
        events[name] = pd.read_sql(sa.text('SELECT * FROM "Event"'), connection)
        meals[name] = pd.read_sql(sa.text('SELECT * FROM "Meal"'), connection)
people = pd.concat(
    [frame.assign(campaign=name) for name, frame in users.items()], ignore_index=True
).rename(columns={"id": "user", "date": "signup", "Campaign_ID": "channel"})
did = pd.concat(
    [
        events[name]
        .merge(
            meals[name][["id", "Type", "price"]].rename(
                columns={"id": "Meal_Id", "Type": "category"}
            ),
            on="Meal_Id",
        )
        .assign(campaign=name)
        for name in NAMES
    ],
    ignore_index=True,
).rename(columns={"User_Id": "user", "Type": "action"})
did = did.merge(people[["campaign", "user", "channel", "signup"]], on=["campaign", "user"])
bought = did[did["action"] == "bought"]

# %% summary: what each user did, KPIs, their differences, intervals and tests
spent = bought.groupby(["campaign", "user"])["price"].agg(purchases="size", revenue="sum")
active = did[did["action"] != "nothing"].groupby(["campaign", "user"]).size().gt(0)
each = people.set_index(["campaign", "user"]).join(spent).fillna({"purchases": 0, "revenue": 0})
each["active"] = active.reindex(each.index, fill_value=False)
each["buyer"] = each["purchases"] > 0
for action in ("like", "share"):
    who = did[did["action"] == action].groupby(["campaign", "user"]).size().gt(0)
    each[action] = who.reindex(each.index, fill_value=False)
old, new = each.loc["spring"], each.loc["summer"]
rows = []
for column in ("active", "buyer", "like", "share"):
    a, b = int(new[column].sum()), int(old[column].sum())
    low, high = confint_proportions_2indep(a, len(new), b, len(old), method="newcomb")
    p = stats.chi2_contingency([[a, len(new) - a], [b, len(old) - b]], correction=False)[1]
    rows.append((f"{column} rate", a / len(new), b / len(old), low, high, p))
for column, of in (("revenue", "user"), ("purchases", "buyer"), ("revenue", "buyer")):
    x, y = (
        side[column] if of == "user" else side.loc[side["buyer"], column] for side in (new, old)
    )
    test = stats.ttest_ind(x, y, equal_var=False)
    interval = test.confidence_interval()
    rows.append((f"{column} a {of}", x.mean(), y.mean(), interval.low, interval.high, test.pvalue))
kpis = pd.DataFrame(rows, columns=["kpi", "new", "old", "low", "high", "p"])
kpis["q"] = multipletests(kpis["p"], method="fdr_bh")[1]
display(kpis)
relative = kpis.assign(d=(kpis["new"] - kpis["old"]) / kpis["old"])
plt.figure()
plt.errorbar(
    relative["d"],
    relative["kpi"],
    xerr=[
        (kpis["new"] - kpis["old"] - kpis["low"]) / kpis["old"],
        (kpis["high"] - kpis["new"] + kpis["old"]) / kpis["old"],
    ],
    fmt="o",
)
plt.axvline(0)
plt.show()

# %% acquisition
mix = people.groupby(["campaign", "channel"]).size().unstack()
display(mix, mix.div(mix.sum(axis=1), axis=0))
print(stats.chi2_contingency(mix)[:3])
mix.T.plot.bar()
plt.show()
signups = people.groupby(["campaign", people["signup"].dt.to_period("M"), "channel"]).size()
signups.unstack([0, 2]).plot()
plt.show()

# %% tendencies
actions = did.groupby(["campaign", "channel", "action"])["user"].agg(["size", "nunique"])
of_channel = actions.groupby(["campaign", "channel"])["size"]
actions["share"] = actions["size"] / of_channel.transform("sum")
display(actions)
sns.catplot(actions.reset_index(), x="channel", y="share", hue="action", col="campaign", kind="bar")
plt.show()
pairs = [("channel", "action"), ("channel", "category"), ("category", "action")]
tests = []
for name in NAMES:
    mine = did[did["campaign"] == name]
    for x, y in pairs:
        counts = pd.crosstab(mine[x], mine[y])
        chi2, p, dof, _ = stats.chi2_contingency(counts)
        v = np.sqrt(chi2 / counts.to_numpy().sum() / (min(counts.shape) - 1))
        tests.append((name, x, y, chi2, dof, p, v))
    index = pd.crosstab(mine["channel"], mine["category"], normalize="index")
    plt.figure()
    sns.heatmap(index / index.mean(), annot=True, cmap="vlag")
    plt.show()
display(pd.DataFrame(tests, columns=["campaign", "x", "y", "chi2", "dof", "p", "v"]))
display(did.groupby(["campaign", "channel", "category", "action"]).size().unstack())

# %% profitability
money = each.groupby(["campaign", "channel"]).agg(
    users=("buyer", "size"),
    buyers=("buyer", "sum"),
    purchases=("purchases", "sum"),
    revenue=("revenue", "sum"),
    deviation=("revenue", "std"),
)
money["conversion"] = money["buyers"] / money["users"]
money["low"], money["high"] = proportion_confint(money["buyers"], money["users"], method="wilson")
money["per_user"] = money["revenue"] / money["users"]
money["error"] = 1.96 * money["deviation"] / np.sqrt(money["users"])
display(money)
money["per_user"].unstack(0).plot.barh(xerr=money["error"].unstack(0))
plt.show()
by_category = bought.groupby(["campaign", "category"])["price"].agg(["size", "sum"])
display(by_category)
by_category["sum"].unstack(0).plot.barh()
plt.show()
plt.figure()
for name in NAMES:
    worth = np.sort(each.loc[name].query("buyer")["revenue"].to_numpy())[::-1]
    plt.plot(np.linspace(0, 1, len(worth)), worth.cumsum() / worth.sum(), label=name)
    ranks = np.arange(1, len(worth) + 1)
    print(name, "gini", ((len(worth) + 1 - 2 * ranks) * worth).sum() / len(worth) / worth.sum())
plt.legend()
plt.show()
display(each.sort_values("revenue", ascending=False).groupby("campaign").head(25))

# %% lift: rates by channel, and a logistic model
lifts = []
for channel in ["all", *sorted(people["channel"].unique())]:
    x, y = ((s if channel == "all" else s[s["channel"] == channel])["buyer"] for s in (new, old))
    ratio = x.mean() / y.mean()
    se = np.sqrt(1 / x.sum() - 1 / len(x) + 1 / y.sum() - 1 / len(y))
    p = 2 * stats.norm.sf(abs(np.log(ratio)) / se)
    lifts.append((channel, ratio, ratio * np.exp(-1.96 * se), ratio * np.exp(1.96 * se), p))
lifts = pd.DataFrame(lifts, columns=["channel", "lift", "low", "high", "p"])
lifts["q"] = multipletests(lifts["p"], method="fdr_bh")[1]
display(lifts)
plt.figure()
plt.errorbar(
    lifts["lift"],
    lifts["channel"],
    xerr=[lifts["lift"] - lifts["low"], lifts["high"] - lifts["lift"]],
    fmt="o",
)
plt.show()
before, after = did[did["date"] < CUTOFF], bought[bought["date"] >= CUTOFF]
key = ["campaign", "user"]
known = people[people["signup"] < CUTOFF].set_index(key)
known = known.join(before.groupby([*key, "action"]).size().unstack(fill_value=0))
known = known.join(before[before["action"] == "bought"].groupby(key)["price"].sum().rename("spend"))
known = known.join(before.groupby(key)["category"].nunique().rename("categories"))
last = before[before["action"] != "nothing"].groupby(key)["date"].max()
known["tenure"] = (CUTOFF - known["signup"]).dt.days
known["idle"] = (CUTOFF - last.reindex(known.index)).dt.days.fillna(known["tenure"])
known["responded"] = after.groupby(key).size().reindex(known.index).notna()
numbers = ["bought", "like", "share", "nothing", "spend", "categories", "tenure", "idle"]
design = pd.concat(
    [np.log1p(known[numbers].fillna(0)), pd.get_dummies(known["channel"], dtype=float)], axis=1
)
model = make_pipeline(StandardScaler(), LogisticRegression())
model.fit(design.loc["spring"], known.loc["spring", "responded"])
found = known.loc[["summer"]].assign(logistic=model.predict_proba(design.loc["summer"])[:, 1])
found["logistic_new"] = cross_val_predict(
    model, design.loc["summer"], found["responded"], cv=5, method="predict_proba"
)[:, 1]
plt.figure()
for score in ("logistic", "logistic_new"):
    ranked = found.sort_values(score, ascending=False)["responded"].to_numpy()
    gain = ranked.cumsum() / ranked.sum()
    plt.plot(np.linspace(0, 1, len(gain)), gain, label=score)
    bins = np.array_split(ranked, 10)
    display(pd.DataFrame({"users": map(len, bins), "responders": [b.sum() for b in bins]}))
plt.legend()
plt.show()


# %% lifetime value: the three factors, and BG/NBD with gamma-gamma
def worth(names):
    month = bought["date"].dt.to_period("M")
    per = (
        bought.assign(month=month)
        .groupby(["campaign", "user", *names])
        .agg(purchases=("price", "size"), revenue=("price", "sum"), months=("month", "nunique"))
    )
    per["rate"] = per["purchases"] / per["months"]
    table = per.groupby(["campaign", *names]).agg(
        buyers=("rate", "size"),
        rate=("rate", "mean"),
        months=("months", "mean"),
        purchases=("purchases", "sum"),
        revenue=("revenue", "sum"),
    )
    table["order"] = table["revenue"] / table["purchases"]
    return table.assign(ltv=table["order"] * table["rate"] * table["months"])


for names in (["channel"], ["category"], ["channel", "category"]):
    display(worth(names))
worth(["channel"])["ltv"].unstack(0).plot.bar()
plt.show()
for name in NAMES:
    plt.figure()
    sns.heatmap(worth(["channel", "category"]).loc[name]["ltv"].unstack(), annot=True, fmt=".0f")
    plt.show()


def bgnbd(theta, x, t, age, n):
    r, alpha, a, b = np.exp(theta)
    first = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    last = gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
    alive = -(r + x) * np.log(alpha + age)
    x1 = np.maximum(x, 1)
    gone = np.where(x > 0, np.log(a) - np.log(b + x1 - 1) - (r + x) * np.log(alpha + t), -np.inf)
    return -(n * (first + last + np.logaddexp(alive, gone))).sum() / n.sum()


def gamma_gamma(theta, x, m, n):
    p, q, v = np.exp(theta)
    inside = (
        gammaln(p * x + q)
        - gammaln(p * x)
        - gammaln(q)
        + q * np.log(v)
        + (p * x - 1) * np.log(m)
        + p * x * np.log(x)
        - (p * x + q) * np.log(v + m * x)
    )
    return -(n * inside).sum() / n.sum()


for name in NAMES:
    mine = bought[bought["campaign"] == name]
    days = mine.groupby(["user", mine["date"].dt.normalize().rename("day")])["price"].sum()
    days = days.reset_index()
    first = days.groupby("user")["day"].transform("min")
    middle = days["day"].min() + (LAST - days["day"].min()) / 2
    for end in (LAST, middle):
        part = days[days["day"] <= end].assign(first=first)
        again = part[part["day"] > part["first"]].groupby("user")["price"].mean()
        per = part.groupby("user").agg(x=("day", "size"), f=("day", "min"), l=("day", "max"))
        per = pd.DataFrame(
            {"x": per["x"] - 1, "t": (per["l"] - per["f"]).dt.days, "T": (end - per["f"]).dt.days}
        )
        grouped = per.groupby(["x", "t", "T"]).size().reset_index(name="n").to_numpy(float).T
        fit = minimize(
            bgnbd, np.zeros(4), args=tuple(grouped), method="Nelder-Mead", options={"maxiter": 2000}
        )
        print(name, end.date(), np.exp(fit.x))
    values = pd.DataFrame({"x": per["x"], "m": again}).dropna().groupby(["x", "m"]).size()
    values = values.reset_index(name="n").to_numpy(float).T
    print(np.exp(minimize(gamma_gamma, np.zeros(3), args=tuple(values), method="Nelder-Mead").x))
    top = mine.groupby(["user", "channel"])["price"].agg(["size", "sum"])
    display(top.nlargest(25, "sum"))

# %% cohorts
did["cohort"] = did["signup"].dt.to_period("M")
did["month"] = did["date"].dt.to_period("M").astype("int64") - did["cohort"].astype("int64")
busy = did[did["action"] != "nothing"]
sizes = people.groupby(["campaign", people["signup"].dt.to_period("M").rename("cohort")]).size()
seen = busy.groupby(["campaign", "cohort", "month"])["user"].nunique()
retention = seen.unstack().div(sizes, axis=0)
for name in NAMES:
    plt.figure()
    sns.heatmap(retention.loc[name], annot=True, fmt=".0%")
    plt.show()
pooled = seen.groupby(["campaign", "month"]).sum().unstack(0)
at_risk = pd.DataFrame(
    {name: {m: sizes[name].iloc[: 12 - m].sum() for m in range(12)} for name in NAMES}
)
(pooled / at_risk).plot()
for name in NAMES:
    low, high = proportion_confint(
        pooled[name].to_numpy(), at_risk.loc[pooled.index, name].to_numpy(), method="wilson"
    )
    plt.fill_between(pooled.index, low, high, alpha=0.2)
plt.show()
brought = did[did["action"] == "bought"].groupby(["campaign", "cohort", "month"])["price"].sum()
per_user = brought.unstack().fillna(0).cumsum(axis=1).div(sizes, axis=0)
display(retention, per_user)
per_user.groupby("campaign").mean().T.plot()
plt.show()
