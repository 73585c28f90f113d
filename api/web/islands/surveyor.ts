// What the surveyor's pages load: the page's own part, the sender, and what the
// phone has to tell.
import { capture } from "./surveyor/capture";
import { ask, off, type Server } from "./surveyor/clock";
import { tell } from "./surveyor/notes";
import { outbox } from "./surveyor/outbox";
import { clockTolerance, overdue, pause, spanOf } from "./surveyor/plan";
import { whyNotKept } from "./surveyor/room";
import { send, type Stopped } from "./surveyor/sender";
import { change, onChange, pieces, reports } from "./surveyor/store";
import { countDown, today } from "./surveyor/today";
import { clockTime, say } from "./surveyor/words";

const page = document.getElementById("surveyor");
const owner = document.body.dataset.who ?? "";

// The worker keeps the pages; without it all else works, online.
const worker = navigator.serviceWorker?.register("/s/worker.js", { scope: "/s/", updateViaCache: "none" })
  .then(() => navigator.serviceWorker.ready).catch(() => undefined);

async function keepPages(paths: string[]): Promise<void> {
  const only = page?.dataset.page === "today"; // it knows all surveys that there are
  (await worker)?.active?.postMessage({ keep: [location.pathname, "/s/", "/s/outbox", ...paths], only });
}

let failures = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let running: Promise<void> | undefined;
let again = false;

// sendNow sends what there is; while it runs, once more when it is through.
function sendNow(): void {
  again = running !== undefined;
  running ??= (async () => {
    clearTimeout(timer);
    let end: { stopped: Stopped; wait: number } = { stopped: "later", wait: 0 };
    try {
      end = await send(owner);
    } catch (problem) {
      console.warn("sending", problem);
    }
    failures = end.stopped === "" ? 0 : failures + 1;
    tell("line", end.stopped === "offline" || !navigator.onLine ? offline() : "");
    tell("signed-out", end.stopped === "signed-out" ? say("signed-out") : "", true,
      { href: `/signin?next=${encodeURIComponent(location.pathname)}`, text: say("sign-in") });
    tell("another", end.stopped === "another" ? say("another") : "", true, { href: "/s/", text: say("sign-in") });
    if (end.stopped === "offline" || end.stopped === "later") timer = setTimeout(sendNow, Math.max(end.wait, pause(failures)));
    await lookBack();
  })().finally(() => {
    running = undefined;
    if (again) sendNow();
  });
}

// offline says that there is no network, and of when the list is.
function offline(): string {
  const made = page?.dataset.made;
  return made ? say("seen-at", { time: clockTime(Date.parse(made)) }) : say("offline");
}

// lookBack tells of what has waited for too long, and of others' things.
async function lookBack(): Promise<void> {
  const [all, written] = [await pieces(), await reports()];
  const late = overdue(all.filter((p) => p.owner === owner), written.filter((r) => r.owner === owner), Date.now());
  tell("long", late.unsent > 0 ? say("long", { n: late.unsent }) : "", true);
  tell("unfiled", late.unfiled ? say("unfiled") : "", true);
  const others = all.filter((p) => p.owner !== owner && !p.document).length;
  tell("others", others > 0 ? say("others", { n: others }) : "");
}

async function compareClocks(): Promise<Server> {
  const server = await ask();
  if (!server.reached) tell("line", offline());
  const wrong = await off();
  tell("clock", wrong !== null && Math.abs(wrong) > clockTolerance ? say(wrong > 0 ? "clock-slow" : "clock-fast", { span: spanOf(wrong) }) : "");
  if (server.reached && wrong !== null) {
    for (const p of await pieces()) if (p.clockOff === null && !p.document) await change(p.id, () => ({ clockOff: wrong }));
  }
  return server;
}

async function begin(): Promise<void> {
  if (!page || !owner) return;
  const kind = page.dataset.page;
  const notKept = (problem: unknown) => tell("store", say(whyNotKept(problem)), true);
  const ready = compareClocks().catch(notKept); // a slow line holds nothing up
  try {
    if (kind === "capture") await capture(owner, page.dataset, sendNow);
    if (kind === "outbox") await outbox(owner, sendNow);
  } catch (problem) {
    notKept(problem);
  }
  if (kind === "today") today((paths) => void keepPages(paths)); else void keepPages([]);
  await ready;
  const wrong = (await off().catch(() => null)) ?? 0;
  countDown(() => Date.now() + wrong);
  sendNow();
  onChange(() => void lookBack());
  addEventListener("online", sendNow);
  addEventListener("offline", () => tell("line", offline()));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) sendNow(); });
  setInterval(() => void lookBack(), 60_000);
  void worker?.then((w) => (w as unknown as { sync?: { register(tag: string): Promise<void> } })?.sync?.register("send").catch(() => undefined));
}

// What is for the server to decide waits for a network, and says so.
document.addEventListener("submit", (event) => {
  if (navigator.onLine || (event.target as HTMLFormElement).method !== "post") return;
  event.preventDefault();
  tell("needs-line", say("needs-line"), true);
  addEventListener("online", () => tell("needs-line", ""), { once: true });
}, true);

// Whoever signs out leaves no page of theirs behind; what was not sent stays.
document.querySelector<HTMLFormElement>('form[action="/signout"]')?.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return; // without a network
  event.preventDefault();
  const form = event.target as HTMLFormElement;
  const answer = new MessageChannel();
  const left = new Promise((done) => { answer.port1.onmessage = done; setTimeout(done, 2000); });
  navigator.serviceWorker?.controller?.postMessage({ leave: true }, [answer.port2]);
  void (navigator.serviceWorker?.controller ? left : Promise.resolve()).then(() => caches.delete("anpei-pages")).finally(() => form.submit());
});

void begin();
