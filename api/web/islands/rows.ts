// The worklist by keyboard: j and k go down and up, Enter opens.
import { keys } from "./shared/keys";

let at = "";
const rows = () => [...document.querySelectorAll<HTMLAnchorElement>("#worklist [data-row]")];

function go(to: HTMLAnchorElement | undefined): void {
  if (!to) return;
  document.querySelector("#worklist tr.here")?.classList.remove("here");
  to.closest("tr")?.classList.add("here");
  at = to.href;
  to.focus();
}

keys((key) => {
  if (key !== "j" && key !== "k") return;
  const all = rows();
  const now = all.findIndex((r) => r.href === at);
  go(all[Math.min(all.length - 1, Math.max(0, now + (key === "j" ? 1 : -1)))]);
});

// The list was replaced under the reader: they are where they were.
document.body.addEventListener("htmx:after:swap", () => {
  if (at && document.activeElement === document.body) go(rows().find((r) => r.href === at));
});
