// Draws the charts of the managers' page from the tables that stand beside
// them: whoever sees no chart reads the same figures. A bar leads to the claims
// behind it, as its cell does.
//
//   <figure data-chart="rows|columns" data-columns="1,2" data-stack data-unit="money|time">
//     <div class="chart"></div> <table> … <td data-value="3"><a href="…">3</a></td> … </table>
//   </figure>
import { BarChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { type EChartsCoreOption, init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([BarChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

interface Cell {
  value: number;
  way: string;
}

const number = (cell: Element): Cell => ({
  value: Number((cell as HTMLElement).dataset.value ?? 0),
  way: cell.querySelector("a")?.getAttribute("href") ?? "",
});

// rgb asks the browser what a colour of ours is: charts know no oklch.
const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true })!;
function rgb(color: string, over?: string): string {
  pen.clearRect(0, 0, 1, 1);
  for (const one of [over, color]) {
    if (!one) continue;
    pen.fillStyle = one;
    pen.fillRect(0, 0, 1, 1);
  }
  const [r, g, b] = pen.getImageData(0, 0, 1, 1).data;
  return `rgb(${r},${g},${b})`;
}

function token(name: string): string {
  return rgb(getComputedStyle(document.documentElement).getPropertyValue(name).trim());
}

// shades are of one colour, from pale to full, as many as there are series.
function shades(n: number): string[] {
  const parts = (color: string) => color.match(/\d+/g)!.map(Number);
  const from = parts(token("--color-base-100"));
  const to = parts(token("--color-primary"));
  return Array.from({ length: n }, (_, i) => {
    const share = n === 1 ? 1 : 0.28 + (0.72 * i) / (n - 1);
    return `rgb(${from.map((v, k) => Math.round(v + (to[k] - v) * share)).join(",")})`;
  });
}

// unitOf says how a length of time is written, by the longest of them: divisor
// and name.
function unitOf(seconds: number, names: string[]): [number, string] {
  const units: [number, number][] = [[2 * 86400, 86400], [2 * 3600, 3600], [120, 60], [0, 1]];
  const i = units.findIndex(([from]) => seconds >= from);
  return [units[i][1], names[i]];
}

function options(figure: HTMLElement): { option: EChartsCoreOption; cells: Cell[][]; rows: number } {
  const { chart, columns = "", unit = "", units = "" } = figure.dataset;
  const table = figure.querySelector("table")!;
  const heads = [...table.querySelectorAll("thead th")].map((th) => th.textContent!.trim());
  const at = columns.split(",").map(Number);
  const rows = [...table.querySelectorAll<HTMLTableRowElement>("tbody tr")];
  const names = rows.map((row) => row.cells[0].textContent!.trim());
  const cells = at.map((column) => rows.map((row) => number(row.cells[column])));
  const most = Math.max(1, ...cells.flat().map((c) => c.value));
  const [divisor, unitName] = unit === "time" ? unitOf(most, units.split(",")) : unit === "money" ? [100, ""] : [1, ""];
  const write = (v: number) =>
    unit === "money" ? "¥" + v.toLocaleString("zh-CN", { maximumFractionDigits: 2 })
    : unit === "time" ? `${v.toLocaleString("zh-CN", { maximumFractionDigits: 1 })} ${unitName}`
    : v.toLocaleString("zh-CN");
  const text = token("--color-base-content");
  const line = token("--color-base-300");
  const stack = "stack" in figure.dataset ? "all" : undefined;
  const category = { type: "category", data: names, inverse: chart === "rows", axisLabel: { color: text, fontSize: 13 }, axisLine: { lineStyle: { color: line } }, axisTick: { show: false } };
  const value = { type: "value", minInterval: unit ? undefined : 1, splitNumber: 4, axisLabel: { color: text, formatter: write, hideOverlap: true }, splitLine: { lineStyle: { color: line } } };
  return {
    cells,
    rows: rows.length,
    option: {
      animation: false,
      color: shades(at.length),
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: text },
      grid: { left: 8, right: 20, top: at.length > 1 ? 40 : 16, bottom: 8, containLabel: true },
      legend: at.length > 1 ? { top: 0, left: 0, textStyle: { color: text, fontSize: 13 }, itemWidth: 14, itemHeight: 14 } : undefined,
      tooltip: {
        trigger: "item", renderMode: "richText", confine: true, // no markup: the page allows no style written into it
        backgroundColor: token("--color-base-100"), borderColor: line, textStyle: { color: text },
        formatter: (p: { name: string; seriesName: string; value: number }) => `${p.name} · ${p.seriesName}\n${write(p.value)}`,
      },
      xAxis: chart === "rows" ? value : category,
      yAxis: chart === "rows" ? category : value,
      series: at.map((column, i) => ({
        type: "bar", name: heads[column], stack, barMaxWidth: 28, cursor: cells[i].some((c) => c.way) ? "pointer" : "default",
        data: cells[i].map((c) => c.value / divisor),
        itemStyle: { borderColor: token("--color-base-100"), borderWidth: 1 },
      })),
    },
  };
}

for (const figure of document.querySelectorAll<HTMLElement>("figure[data-chart]")) {
  const place = figure.querySelector<HTMLElement>(".chart")!;
  const { rows, cells } = options(figure);
  if (rows === 0) continue;
  place.classList.add("drawn");
  place.style.height = figure.dataset.chart === "rows" ? `${Math.max(180, 64 + rows * 40)}px` : "260px";
  const drawn = init(place, null, { renderer: "canvas" });
  const draw = () => drawn.setOption(options(figure).option, true);
  draw();
  drawn.on("click", (e) => {
    const way = cells[e.seriesIndex ?? 0]?.[e.dataIndex]?.way;
    if (way) location.assign(way);
  });
  new ResizeObserver(() => drawn.resize()).observe(place);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}
