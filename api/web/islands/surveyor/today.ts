// The day: live while there is a network, and as it was last seen without one.
import { hear } from "../shared/stream";
import { spanOf } from "./plan";
import { lastPlace, watchPlace } from "./place";
import { say } from "./words";

// countDown keeps the time left to answer true.
export function countDown(serverNow: () => number): void {
  const tick = () => {
    for (const e of document.querySelectorAll<HTMLElement>("[data-until]")) {
      const left = Date.parse(e.dataset.until ?? "") - serverNow();
      e.textContent = left > 0 ? say("time-left", { span: spanOf(left) }) : say("time-over");
      e.classList.toggle("late", left < 60_000);
    }
  };
  tick();
  setInterval(tick, 1000);
}

// today follows the worklist. keepPages stores the pages that will be needed
// outdoors.
export function today(keepPages: (paths: string[]) => void): void {
  let busy = false;
  const refresh = async () => {
    if (busy || document.hidden || document.querySelector("#today details[open]")) return;
    busy = true;
    try {
      const answer = await fetch("/s/", { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("today");
      if (answer.ok && fresh) document.getElementById("today")?.replaceWith(fresh);
      if (answer.redirected && new URL(answer.url).pathname === "/signin") location.reload();
    } catch { /* without a network the list stays as it was */ }
    busy = false;
    arrange();
  };
  const arrange = () => {
    keepPages([...document.querySelectorAll<HTMLElement>("[data-task]")].flatMap(({ dataset }) =>
      (dataset.going === "true" ? [`/s/${dataset.task}`, `/s/${dataset.task}/capture`] : [`/s/${dataset.task}`])));
    document.getElementById("shift-form")?.addEventListener("submit", fillPlace);
  };
  arrange();

  // After nothing: a page that was kept looks at once.
  hear("/s/live?after=0", () => void refresh(), () => void refresh());
  document.addEventListener("visibilitychange", () => void refresh());
  addEventListener("online", () => void refresh());

  // On shift, the dispatcher's map is told where the phone is.
  let told = 0;
  watchPlace((place) => {
    const form = document.getElementById("shift-form");
    if (!place || form?.dataset.on !== "true" || Date.now() - told < 2 * 60_000) return;
    told = Date.now();
    const body = new URLSearchParams({ on: "true", lat: String(place.lat), lng: String(place.lng), quiet: "true", key: crypto.randomUUID() });
    void fetch("/s/shift", { method: "POST", body }).then(refresh, () => { told = 0; });
  });
}

function fillPlace(event: Event): void {
  const place = lastPlace();
  const form = event.target as HTMLFormElement;
  for (const name of ["lat", "lng"] as const) (form.elements.namedItem(name) as HTMLInputElement).value = place ? String(place[name]) : "";
}
