// The capture page: pictures, papers, report and signature, without a network.
import { picture, signaturePad } from "../shared/signature";
import { serverNow } from "./clock";
import { take } from "./keep";
import { pieceLine } from "./line";
import { tell } from "./notes";
import { watchPlace, lastPlace } from "./place";
import { inChina, missing, type Form, type Report } from "./plan";
import { lasting, roomLeft, whyNotKept } from "./room";
import { changeReport, onChange, pieces, putNote, report } from "./store";
import { clockTime, make, say } from "./words";

const fields = ["arrived", "facts", "fault", "estimate", "talk", "signer"] as const;
type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;
const byId = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;

export async function capture(owner: string, data: DOMStringMap, sendNow: () => void): Promise<void> {
  const { task = "", claim = "", title = "" } = data;
  const blank: Report = {
    task, owner, claim, title, form: { arrived: "", facts: "", fault: "", estimate: "", talk: "", signer: "" }, strokes: [], place: null,
    begunAt: Date.now(), batches: [], key: crypto.randomUUID(),
  };
  const mine = async () => (await pieces()).filter((p) => p.owner === owner && p.task === task);

  const notKept = (problem: unknown) => tell("store", say(whyNotKept(problem)), true);
  const wasKept = () => tell("store", "");

  // Files.
  for (const row of document.querySelectorAll<HTMLElement>(".shot")) {
    const input = row.querySelector("input");
    const label = row.querySelector("span > span")?.textContent?.trim() ?? "";
    input?.addEventListener("change", async () => {
      const files = [...(input.files ?? [])];
      await changeReport(blank, () => ({})).then(wasKept, notKept);
      for (const file of files) {
        const got = await take(file, { owner, task, claim, kind: row.dataset.kind ?? "other", shot: row.dataset.shot ?? "", label });
        tell("file", typeof got === "string" ? say(got, { name: file.name }) : "", true);
      }
      input.value = ""; // only now: what was not kept is still chosen while it is read
      if (files.length > 0) tell("lasting", (await lasting()) ? "" : say("not-lasting"));
      sendNow();
    });
  }

  // The form is kept as it is typed.
  const form = byId<HTMLFormElement>("report");
  const field = (name: string) => form.elements.namedItem(name) as Field;
  const typed = () => Object.fromEntries(fields.map((name) => [name, field(name).value])) as unknown as Form;
  let writing = Promise.resolve();
  const write = (edit: Partial<Report>) => {
    writing = writing.then(async () => {
      await changeReport(blank, (now) => (now.readyAt === undefined ? edit : {}));
      byId("safe").textContent = say("saved", { time: clockTime(Date.now()) });
      wasKept();
    }).catch(notKept);
    return writing;
  };
  form.addEventListener("input", () => void write({ form: typed() }));
  byId("now").addEventListener("click", async () => {
    field("arrived").value = inChina(await serverNow());
    await write({ form: typed(), place: lastPlace() });
  });
  watchPlace((place) => {
    byId("place").textContent = place ? say("place-known", { n: place.metres }) : say("place-unknown");
    if (place && field("arrived").value) void changeReport(blank, (now) => (now.place || now.readyAt !== undefined ? {} : { place }));
  });
  const pad = signaturePad(byId<HTMLCanvasElement>("signature"), (strokes) => void write({ strokes }));
  byId("unsign").addEventListener("click", () => { pad.show([]); void write({ strokes: [] }); });

  const finish = async () => {
    await write({ form: typed() });
    const wants = missing(typed(), await mine(), await serverNow());
    byId("wrong").replaceChildren(...wants.map((what) => make("li", "", say(`missing-${what}`))));
    for (const name of fields) field(name).toggleAttribute("aria-invalid", wants.some((w) => w === name));
    if (wants.length > 0) return void field(wants.find((w) => w !== "photos") ?? "facts").focus();
    const now = await changeReport(blank, () => ({}));
    if (now.strokes.length > 0) {
      const signed = await picture(now.strokes);
      const got = signed && (await take(signed, { owner, task, claim, kind: "signature", shot: "signature", label: say("signature") }));
      if (!got || (typeof got === "string" && got !== "twice")) return tell("file", say(got || "no-store", { name: say("signature") }), true);
    }
    await putNote("words", { talk: say("in-report-talk"), signer: say("in-report-signer"), clock: say("in-report-clock"), place: say("in-report-place") });
    await changeReport(blank, (r) => (r.readyAt === undefined
      ? { readyAt: Date.now(), said: undefined, body: undefined, key: r.said ? crypto.randomUUID() : r.key, place: r.place ?? lastPlace() } : {}));
    sendNow();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    finish().catch(notKept);
  });

  // What is shown follows what is kept.
  const show = async () => {
    const [kept, r] = [await mine(), await report(owner, task)];
    for (const row of document.querySelectorAll<HTMLElement>(".shot")) {
      const n = kept.filter((p) => p.shot === row.dataset.shot).length;
      const count = row.querySelector("[data-count]");
      if (count) count.textContent = n ? say("photos", { n }) : "";
      row.classList.toggle("shot-done", n > 0);
    }
    byId("pieces").replaceChildren(...(kept.length ? kept.map(pieceLine) : [make("li", "quiet py-2", say("none"))]));
    const ready = r?.readyAt !== undefined;
    byId<HTMLFieldSetElement>("fields").disabled = ready;
    byId<HTMLCanvasElement>("signature").toggleAttribute("data-closed", ready);
    for (const id of ["send", "send-hint", "place"]) byId(id).hidden = ready;
    if (ready) byId("safe").textContent = r.filedAt ? say("filed") : r.said ? say("refused") : say("on-the-way");
    tell("said", r?.said ? `${say("said")} ${r.said.title} ${r.said.detail}` : "", true);
    const { pictures } = await roomLeft();
    tell("room", pictures !== null && pictures < 30 ? say("room-low", { n: pictures }) : "");
  };
  const was = await report(owner, task);
  if (was) {
    for (const name of fields) field(name).value = was.form[name];
    pad.show(was.strokes);
  } else {
    pad.show([]);
  }
  onChange(() => void show());
  await show();
  document.documentElement.dataset.ready = "true";
}
