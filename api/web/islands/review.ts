// The decision card by keyboard, and the moment in which a verdict can be taken
// back: it is sent ten seconds after it was given, unless it is. What is new on
// it counts as seen once it was open, in the window in front, for as long as the
// page says.
import { keys } from "./shared/keys";

const fresh = document.querySelector<HTMLElement>("[data-seen]");
if (fresh) {
  let left = Number(fresh.dataset.after);
  const beat = setInterval(() => {
    if (document.hidden || --left > 0) return;
    clearInterval(beat);
    const body = new URLSearchParams({ claim: fresh.dataset.claim!, last: fresh.dataset.last! });
    void fetch(fresh.dataset.seen!, { method: "POST", body }).catch(() => undefined); // new still at the next look
  }, 1000);
}

const wait = 10;
const at = document.querySelector<HTMLElement>("[data-verdicts]");
if (at) {
  let pending: { stop(): void } | undefined;
  keys((key, e) => {
    const choice = at.querySelector<HTMLDetailsElement>(`[data-key="${key.toUpperCase()}"]`);
    if (!choice || pending) return;
    e.preventDefault();
    for (const other of at.querySelectorAll("details")) other.open = other === choice;
    choice.querySelector<HTMLElement>("textarea,input[type=radio]")?.focus();
  });

  at.addEventListener("submit", (e) => {
    e.preventDefault();
    if (pending) return;
    const form = e.target as HTMLFormElement;
    const bar = document.createElement("div");
    bar.className = "undo";
    bar.setAttribute("role", "alertdialog");
    bar.setAttribute("aria-label", form.dataset.says!);
    const says = document.createElement("p");
    const undo = document.createElement("button");
    undo.type = "button";
    undo.className = "btn";
    undo.textContent = at.dataset.undo!;
    const go = document.createElement("button");
    go.type = "button";
    go.className = "btn btn-ghost";
    go.textContent = at.dataset.now!;
    bar.append(says, undo, go);
    document.body.append(bar);
    undo.focus();
    const stay = (e: BeforeUnloadEvent) => e.preventDefault(); // who leaves now has sent nothing
    addEventListener("beforeunload", stay);
    let end = Date.now() + wait * 1000;
    go.addEventListener("click", () => { end = 0; tell(); });
    const tell = () => {
      const left = Math.ceil((end - Date.now()) / 1000);
      if (left > 0) {
        says.textContent = at.dataset.seconds!.replace("{verdict}", form.dataset.says!).replace("{n}", String(left));
        return;
      }
      stop();
      const sure = document.createElement("input");
      sure.type = "hidden";
      sure.name = "sure";
      sure.value = "1";
      form.append(sure);
      form.submit();
    };
    const beat = setInterval(tell, 250);
    const stop = () => {
      clearInterval(beat);
      removeEventListener("beforeunload", stay);
      bar.remove();
      pending = undefined;
    };
    pending = { stop };
    tell();
    undo.addEventListener("click", () => { stop(); form.querySelector<HTMLElement>("button")?.focus(); });
    bar.addEventListener("keydown", (e) => { if (e.key === "Escape") undo.click(); });
  });
}
