"use strict";
const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));

const sortKey = (row, column) => {
  const cell = row.cells[column];
  const key = cell.dataset.sort === undefined ? cell.textContent.trim() : cell.dataset.sort;
  return key !== "" && Number.isFinite(Number(key)) ? Number(key) : key.toLowerCase();
};
const compare = (a, b) => {
  if (typeof a === typeof b) return a < b ? -1 : a > b ? 1 : 0;
  return typeof a === "number" ? -1 : 1;
};
const sortBy = (table, header) => {
  const column = header.cellIndex;
  const down = header.getAttribute("aria-sort") === "ascending";
  const rows = all("tbody tr", table).map((row) => ({ row, key: sortKey(row, column) }));
  rows.sort((a, b) => compare(a.key, b.key) * (down ? -1 : 1));
  table.tBodies[0].append(...rows.map(({ row }) => row));
  all("th", table).forEach((other) => other.removeAttribute("aria-sort"));
  header.setAttribute("aria-sort", down ? "descending" : "ascending");
};
for (const table of all("table.sortable")) {
  if (table.tBodies[0].rows.length < 2) continue;
  for (const header of all("th", table)) {
    if (!header.textContent) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    button.addEventListener("click", () => sortBy(table, header));
    header.append(button);
  }
}

const form = document.getElementById("filter");
if (form) {
  const rows = new Map(all("table.overview tbody tr").map((row) => [row.querySelector("a").hash, row]));
  const reports = all("details.report");
  const show = () => {
    const wanted = form.querySelector("input[type=search]").value.toLowerCase();
    const verdicts = all("input[type=checkbox]:checked", form).map((box) => box.value);
    let shown = 0;
    for (const report of reports) {
      const row = rows.get(`#${report.querySelector(":scope > div").id}`);
      const text = `${row.textContent} ${report.dataset.words}`.toLowerCase();
      const hidden = !verdicts.includes(report.dataset.verdict) || !text.includes(wanted);
      report.hidden = row.hidden = hidden;
      shown += hidden ? 0 : 1;
    }
    form.querySelector("output").value = `${shown} of ${reports.length} shown`;
  };
  form.hidden = false;
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
}

const unfold = () => {
  const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  const folded = target && target.closest("details");
  if (folded) {
    folded.open = true;
    folded.querySelector("summary").focus();
    folded.scrollIntoView();
  }
};
window.addEventListener("hashchange", unfold);
unfold();

let closed = [];
window.addEventListener("beforeprint", () => {
  closed = all("details:not([open])");
  closed.forEach((details) => { details.open = true; });
});
window.addEventListener("afterprint", () => closed.forEach((details) => { details.open = false; }));
