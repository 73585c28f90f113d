// The outbox: everything of this person on this phone, what became of it, and
// what can be done.
import { pieceLine } from "./line";
import { deletable, sizeOf, stateOf, type Piece, type Report } from "./plan";
import { lasting, roomLeft } from "./room";
import { change, changeReport, forget, forgetReport, onChange, pieces, reports } from "./store";
import { clockTime, make, say } from "./words";

const order = ["refused", "kept", "sending", "arrived", "confirmed"];

export async function outbox(owner: string, sendNow: () => void): Promise<void> {
  const box = document.getElementById("outbox") as HTMLElement;
  const show = async () => {
    const [mine, written] = [(await pieces()).filter((p) => p.owner === owner), (await reports()).filter((r) => r.owner === owner)];
    const asked = box.querySelector<HTMLElement>("[data-asking]")?.dataset.asking; // now: it may have been opened while we read
    const tasks = [...new Set([...mine.map((p) => p.task), ...written.map((r) => r.task)])];
    box.replaceChildren(...tasks.map((task) => group(written.find((r) => r.task === task), mine.filter((p) => p.task === task), sendNow, asked)));
    (document.getElementById("outbox-empty") as HTMLElement).hidden = tasks.length > 0;
    const { used, free } = await roomLeft();
    const safe = navigator.storage?.persisted ? await navigator.storage.persisted() : false;
    (document.getElementById("room") as HTMLElement).textContent = say(safe ? "safe" : "unsafe", { used: sizeOf(used), free: sizeOf(free) });
  };
  document.getElementById("retry-all")?.addEventListener("click", () => sendNow());
  await lasting();
  onChange(() => void show());
  await show();
  document.documentElement.dataset.ready = "true";
}

function group(r: Report | undefined, kept: Piece[], sendNow: () => void, asked?: string): HTMLElement {
  const section = make("section", "card-line");
  const task = r?.task ?? kept[0]?.task ?? "";
  const link = make("a", "way", r?.title || r?.claim || kept[0]?.claim || "");
  link.href = `/s/${task}/capture`;
  section.append(make("h2", "", link), make("p", "quiet small num", r?.claim ?? kept[0]?.claim ?? ""));
  const list = make("ul", "grid");
  if (r) list.append(reportLine(r, kept, sendNow));
  kept.sort((a, b) => order.indexOf(stateOf(a)) - order.indexOf(stateOf(b)) || a.seq - b.seq);
  for (const p of kept) {
    const line = pieceLine(p);
    if (p.said) {
      line.append(make("p", "field-wrong w-full", `${say("said")} ${p.said.title} ${p.said.detail}`), button("retry", async () => {
        await change(p.id, () => ({ said: undefined, upload: undefined, received: 0, tries: 0 }));
        sendNow();
      }));
      if (!p.left) line.append(button("leave", async () => { await change(p.id, () => ({ left: true })); sendNow(); }));
    }
    if (deletable(p)) line.append(sure(p.id, () => forget(p.id), asked));
    list.append(line);
  }
  section.append(list);
  return section;
}

function reportLine(r: Report, kept: Piece[], sendNow: () => void): HTMLLIElement {
  const state = r.filedAt ? "confirmed" : r.said ? "refused" : r.readyAt !== undefined ? "on-the-way" : "draft";
  const line = make("li", "piece", make("span", "", say("report"), " ", make("time", "quiet small", clockTime(r.filedAt ?? r.readyAt ?? r.begunAt))),
    make("span", `state state-${state}`, say(state)));
  line.dataset.state = state;
  if (r.said) {
    line.append(make("p", "field-wrong w-full", `${say("said")} ${r.said.title} ${r.said.detail}`), button("retry", async () => {
      // Wrong input is mended on the page of the report; the rest is sent again as it is.
      await changeReport(r, () => (r.said?.status === 422 && !r.filedAt ? { readyAt: undefined } : { said: undefined }));
      if (r.said?.status === 422) location.href = `/s/${r.task}/capture`;
      sendNow();
    }));
  }
  if (r.filedAt && kept.length === 0) line.append(sure(r.key, () => forgetReport(r)));
  return line;
}

function button(word: string, act: () => void): HTMLButtonElement {
  const made = make("button", "btn btn-sm", say(word));
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

// sure asks before it deletes. asked is the question that stood open before
// the list was drawn anew.
function sure(id: string, act: () => Promise<void>, asked?: string): HTMLElement {
  const place = make("span", "sure");
  const closed = () => { delete place.dataset.asking; place.replaceChildren(button("delete", open)); };
  const open = () => {
    place.dataset.asking = id;
    place.replaceChildren(make("span", "small", say("delete-sure")), button("delete-no", closed), button("delete", () => void act()));
  };
  if (asked === id) open(); else closed();
  return place;
}
