// Pictures and papers on their way: looked at before they leave the phone,
// kept on it until they have arrived, and sent in chunks that go on where the
// line broke, over a reload too. Without this script the form sends the same
// files in one request.
import { contentDigest, sha256 } from "./shared/hash";
import { openDB, type IDBPDatabase } from "idb";
import { look } from "./shared/look";

interface Kept {
  id: string; // claim and field: a new picture takes the place of the old
  claim: string;
  field: string;
  kind: string;
  name: string;
  taken: number;
  bytes: Blob;
  upload?: string; // once it has arrived
}

const chunk = 512 << 10;
const most = 64 << 20;
const mostPixels = 48e6; // the API takes 50 million

// How far the phone's clock is ahead of the server's, which its page told: of a
// picture from a time to come nobody takes anything.
const ahead = Date.now() - Number(document.querySelector<HTMLElement>("form[data-capture]")?.dataset.now ?? Date.now());

const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

// Files are kept on the phone, and in memory where it cannot, as in a private
// window or on a full disk. The database is opened only once there is
// something to keep: a page that is left while it opens one leaves it locked.
const memory = new Map<string, Kept>();
const mark = "anpei-capture";
let opening: Promise<IDBPDatabase | undefined> | undefined;

function database() {
  return (opening ??= Promise.race([
    openDB(mark, 1, { upgrade: (d) => void d.createObjectStore("files", { keyPath: "id" }) }).catch(() => undefined),
    pause(5000).then(() => undefined),
  ]));
}

// marked reports whether something was kept; with a value it notes that.
function marked(kept?: boolean): boolean {
  try {
    if (kept === true) localStorage.setItem(mark, "kept");
    if (kept === false) localStorage.removeItem(mark);
    return localStorage.getItem(mark) !== null;
  } catch {
    return false;
  }
}

async function keep(one: Kept) {
  memory.set(one.id, one);
  marked(true);
  const db = await database();
  await Promise.race([db?.put("files", one).catch(() => undefined), pause(5000)]);
}

async function drop(all: Kept[]) {
  for (const one of all) memory.delete(one.id);
  if (!marked()) return;
  const db = await database();
  for (const one of all) await db?.delete("files", one.id).catch(() => undefined);
  if ((await db?.count("files").catch(() => 1)) === 0) marked(false);
}

async function kept(claim: string): Promise<Kept[]> {
  if (marked()) {
    const all: Kept[] = await (await database())?.getAll("files").catch(() => []) ?? [];
    for (const one of all) if (!memory.has(one.id)) memory.set(one.id, one);
  }
  return [...memory.values()].filter((one) => one.claim === claim);
}

// drawn makes a JPEG of a picture that the insurer's readers do not take, or
// that is too large for them.
async function drawn(picture: ImageBitmap): Promise<Blob> {
  const scale = Math.min(1, Math.sqrt(mostPixels / 4 / (picture.width * picture.height)));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d")!.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((done, fail) => canvas.toBlob((b) => (b ? done(b) : fail(new Error("no picture"))), "image/jpeg", 0.92));
}

class Refused extends Error {}

// ask sends a request until somebody answers it: what is refused is refused,
// and a line that is gone comes back.
async function ask(waiting: () => void, address: string, init: RequestInit): Promise<any> {
  for (let wait = 500; ; wait = Math.min(wait * 2, 15_000)) {
    try {
      const answer = await fetch(address, init);
      if (answer.ok) return await answer.json();
      if (answer.status === 409) return null; // not the next chunk: ask how far it has come
      if (answer.status === 401) return location.reload(); // to the door; the files stay
      if (answer.status < 500 && answer.status !== 429) throw new Refused((await answer.json().catch(() => ({}))).detail ?? "");
    } catch (problem) {
      if (problem instanceof Refused) throw problem;
    }
    waiting();
    await pause(wait);
  }
}

async function send(base: string, one: Kept, progress: (part: number) => void, waiting: () => void): Promise<string> {
  const whole = await one.bytes.arrayBuffer();
  const sum = await sha256(whole);
  const announced = JSON.stringify({ name: one.name, size: whole.byteLength, sha256: sum, kind: one.kind });
  const key = `page-${one.field}-${sum}`;
  const open = () => ask(waiting, `${base}/files`, { method: "POST", headers: { "Content-Type": "application/json", "Idempotency-Key": key }, body: announced });
  let at = await open();
  while (!at?.upload?.id) {
    if (!at) at = await open();
    progress(at.received / whole.byteLength);
    const piece = whole.slice(at.received, at.received + chunk);
    at = await ask(waiting, `${base}/files/${at.id}?offset=${at.received}`, {
      method: "PATCH", headers: { "Content-Type": "application/octet-stream", "Content-Digest": await contentDigest(piece) }, body: piece,
    });
  }
  progress(1);
  return at.upload.id;
}

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-capture]")) {
  const base = form.dataset.capture!;
  const page = form.action.replace(/\?.*/, "");
  const said = form.dataset as Record<string, string>;
  const sending = form.querySelector<HTMLElement>(".sending")!;
  let looking: Promise<unknown> = Promise.resolve(); // at what was chosen last
  const inputs = [...form.querySelectorAll<HTMLInputElement>("input[type=file]")];

  const tell = (input: HTMLInputElement, kind: "good" | "poor" | "wrong" | "plain", ...texts: string[]) => {
    const box = input.parentElement!.querySelector<HTMLElement>(".told")!;
    box.className = `told told-${kind}`;
    box.replaceChildren(...texts.filter(Boolean).map((text) => Object.assign(document.createElement("p"), { textContent: text })));
    return box;
  };
  const show = (input: HTMLInputElement, one: Kept, box: HTMLElement) => {
    if (!one.bytes.type.startsWith("image/")) return;
    const picture = document.createElement("img");
    picture.src = URL.createObjectURL(one.bytes);
    picture.className = "thumb";
    picture.alt = "";
    box.prepend(picture);
  };
  const settle = (input: HTMLInputElement) => {
    input.removeAttribute("required");
    input.value = ""; // it is kept: the form does not send it a second time
  };

  for (const input of inputs) {
    const id = `${base} ${input.id}`;
    const chosen = async () => {
      const file = input.files?.[0];
      if (!file) return;
      tell(input, "plain", said.looking);
      if (file.size > most) return void (tell(input, "wrong", said.large), (input.value = ""));
      // A copy: the file may be gone from the phone's camera roll before it is sent.
      let bytes = new Blob([await file.arrayBuffer()], { type: file.type });
      let advice: string[] = [];
      const taken = file.type === "application/pdf" || file.type === "image/jpeg" || file.type === "image/png";
      const invoice = /\.(ofd|xml)$/i.exec(file.name)?.[0].toLowerCase(); // the data of one; phones know no type for it
      if (!invoice && file.type !== "application/pdf") {
        let picture: ImageBitmap;
        try {
          picture = await createImageBitmap(bytes);
        } catch {
          const heic = /hei[cf]/i.test(file.type + file.name);
          return void (tell(input, "wrong", heic ? said.heic : said.type), (input.value = ""));
        }
        advice = look(picture, input.dataset.kind === "loss_photo").map((what) => said[what]);
        try {
          if (!taken || picture.width * picture.height > mostPixels) bytes = await drawn(picture);
        } catch {
          return void (tell(input, "wrong", said.large), (input.value = ""));
        } finally {
          picture.close();
        }
      }
      const end = invoice ?? { "image/jpeg": ".jpg", "image/png": ".png", "application/pdf": ".pdf" }[bytes.type] ?? "";
      const name = (input.dataset.name ?? file.name.replace(/\.[^.]*$/, "")) + end;
      const one: Kept = { id, claim: base, field: input.id, kind: input.dataset.kind!, name, taken: file.lastModified, bytes };
      const box = advice.length > 0 ? tell(input, "poor", ...advice, said.anyway) : tell(input, "good", said.good);
      show(input, one, box);
      await keep(one);
      settle(input);
    };
    input.addEventListener("change", () => (looking = Promise.all([looking, chosen()])));
  }

  void kept(base).then((all) => {
    for (const one of all) {
      const input = inputs.find((i) => i.id === one.field);
      if (input) {
        show(input, one, tell(input, "plain", said.kept));
        input.removeAttribute("required");
      }
    }
  });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await looking;
    const all = (await kept(base)).filter((one) => inputs.some((i) => i.id === one.field));
    if (all.length === 0) return;
    const button = form.querySelector("button")!;
    button.disabled = true;
    const bar = Object.assign(document.createElement("progress"), { max: all.length, className: "progress progress-primary w-full" });
    bar.setAttribute("aria-label", said.sending);
    const words = Object.assign(document.createElement("p"), { textContent: said.sending });
    sending.replaceChildren(bar, words);
    try {
      for (const [n, one] of all.entries()) {
        one.upload ??= await send(base, one, (part) => ((bar.value = n + part), (words.textContent = said.sending)), () => (words.textContent = said.waiting));
        await keep(one);
      }
      const documents = all.map((one) => ({ upload: one.upload, kind: one.kind, taken_at: new Date(Math.min(one.taken || Date.now(), Date.now()) - ahead).toISOString() }));
      const body = JSON.stringify({ documents });
      const key = `page-${await sha256(new TextEncoder().encode(body))}`;
      await ask(() => (words.textContent = said.waiting), `${base}/attach`, { method: "POST", headers: { "Content-Type": "application/json", "Idempotency-Key": key }, body });
      await drop(all);
      location.href = page;
    } catch (problem) {
      button.disabled = false;
      words.textContent = said.refused + " " + (problem instanceof Refused ? problem.message : "");
    }
  });
}
