// Sends what is on the phone: files in chunks, then one batch, then the report.
// Each step is written down before it is made, and has a key of its own, so
// that a crash, a second tab or the same again does nothing twice.
import { contentDigest } from "../shared/hash";
import { serverNow } from "./clock";
import { batchesOf, factsOf, filing, least, nextChunk, takenAt, type Piece, type Report, type ReportWords, type Said } from "./plan";
import { bytesOf, change, changeReport, note, pieces, reports } from "./store";

// Why sending stopped before the end.
export type Stopped = "" | "offline" | "later" | "signed-out" | "another";

class Stop extends Error { constructor(readonly why: Stopped, readonly wait = 0) { super(why); } }
class Refused extends Error { constructor(readonly said: Said) { super(said.detail); } }

interface Progress { id: string; received: number; upload?: { id: string; sha256: string } }

// send sends all that this person has on the phone, unless another tab is at
// it. It says why it could not finish, and how long to wait.
export async function send(owner: string): Promise<{ stopped: Stopped; wait: number }> {
  const turn = async () => {
    try {
      for (const p of await pieces()) if (p.owner === owner && !p.stored && !p.said) await sendPiece(p);
      for (const r of await reports()) if (r.owner === owner) await sendReport(r);
      return { stopped: "" as Stopped, wait: 0 };
    } catch (problem) {
      if (problem instanceof Stop) return { stopped: problem.why, wait: problem.wait };
      throw problem;
    }
  };
  if (!navigator.locks) return turn();
  return navigator.locks.request("anpei-surveyor-sender", { ifAvailable: true }, (lock) => (lock ? turn() : { stopped: "later" as Stopped, wait: 5000 }));
}

async function sendPiece(p: Piece): Promise<void> {
  const bytes = await bytesOf(p.id);
  if (!bytes) return;
  try {
    let at = await begin(p);
    let size = least * 4;
    while (!at.upload) {
      const chunk = bytes.slice(at.received, at.received + size);
      const begun = Date.now();
      try {
        at = await sendChunk(p, at, await chunk.arrayBuffer());
        size = nextChunk(size, Date.now() - begun, true);
      } catch (problem) {
        if (problem instanceof Refused && problem.said.type.endsWith("/wrong-offset")) {
          at = await call<Progress>(p.owner, "GET", `${uploads(p)}/${at.id}`);
        } else {
          throw problem;
        }
      }
      await change(p.id, () => ({ received: at.received }));
    }
    const stored = at.upload.id;
    if (at.upload.sha256 !== p.sha256) throw new Refused({ status: 422, type: "/problems/hash", title: "SHA-256", detail: at.upload.sha256, at: Date.now() });
    await change(p.id, () => ({ stored, said: undefined }));
  } catch (problem) {
    if (!(problem instanceof Refused)) throw problem;
    const { said } = problem;
    // What came there was not whole, or is forgotten: from the beginning, a few times.
    const again = (said.status === 422 || said.status === 404) && p.upload !== undefined && (p.tries ?? 0) < 3;
    await change(p.id, (now) => ({ upload: undefined, received: 0, tries: (now.tries ?? 0) + 1, said: again ? undefined : said }));
    if (again) throw new Stop("later", 1000);
  }
}

const uploads = (p: Piece) => `/claims/${p.claim}/chunked-uploads`;

// begin announces a file, or finds how far it has come.
async function begin(p: Piece): Promise<Progress> {
  const at = p.upload
    ? await call<Progress>(p.owner, "GET", `${uploads(p)}/${p.upload}`)
    : await call<Progress>(p.owner, "POST", uploads(p), { key: p.key, json: { name: p.name, size: p.size, sha256: p.sha256, kind: p.kind } });
  await change(p.id, () => ({ upload: at.id, received: at.received }));
  p.upload = at.id;
  return at;
}

async function sendChunk(p: Piece, at: Progress, chunk: ArrayBuffer): Promise<Progress> {
  return call<Progress>(p.owner, "PATCH", `${uploads(p)}/${at.id}?offset=${at.received}`, { bytes: chunk, digest: await contentDigest(chunk) });
}

async function sendReport(r: Report): Promise<void> {
  if (r.readyAt === undefined || r.said) return;
  const mine = async () => (await pieces()).filter((p) => p.task === r.task && p.owner === r.owner && !p.left);
  try {
    if (!r.filedAt && (await mine()).some((p) => !p.stored)) return; // one of them was not taken: a person decides
    r = await changeReport(r, () => ({})); // as it is now
    const more = batchesOf(r.batches, await mine(), () => crypto.randomUUID());
    if (more.length > 0) r = await changeReport(r, (now) => ({ batches: [...now.batches, ...more] }));
    for (const batch of r.batches.filter((b) => !b.done)) {
      await attach(r, batch.key, batch.pieces);
      r = await changeReport(r, (now) => ({ batches: now.batches.map((b) => (b.key === batch.key ? { ...b, done: true } : b)) }));
    }
    if (r.filedAt) return;
    if (!r.body) {
      const all = await mine();
      const body = filing(r, all.flatMap((p) => p.document ?? []), factsOf(r, all, await reportWords()), await serverNow());
      r = await changeReport(r, () => ({ body }));
    }
    await call(r.owner, "POST", `/claims/${r.claim}/surveys`, { key: r.key, json: r.body });
    await changeReport(r, () => ({ filedAt: Date.now(), said: undefined }));
  } catch (problem) {
    if (!(problem instanceof Refused)) throw problem;
    const { said } = problem;
    await changeReport(r, () => ({ said }));
  }
}

async function attach(r: Report, key: string, ids: string[]): Promise<void> {
  const all = new Map((await pieces()).map((p) => [p.id, p]));
  const batch = ids.flatMap((id) => all.get(id) ?? []);
  const documents = batch.map((p) => ({
    upload: p.stored, kind: p.kind, taken_at: new Date(takenAt(p)).toISOString(), place: p.place ? { lat: p.place.lat, lng: p.place.lng } : undefined,
  }));
  const done = await call<{ ids: string[] }>(r.owner, "POST", `/claims/${r.claim}/documents`, { key, json: { documents } });
  for (const [i, p] of batch.entries()) await change(p.id, () => ({ document: done.ids[i] }));
}

// reportWords are written down by the page that finishes a report, since a
// worker has no page to read them from.
async function reportWords(): Promise<ReportWords> {
  const w = (await note<{ talk: string; signer: string; clock: string; place: string }>("words")) ?? { talk: "", signer: "", clock: "{span}", place: "" };
  return { ...w, clock: (ms) => w.clock.replace("{span}", `${ms < 0 ? "-" : "+"}${Math.round(Math.abs(ms) / 1000)} s`) };
}

interface Asked { key?: string; json?: unknown; bytes?: ArrayBuffer; digest?: string }

// call asks an operation of the contract. It throws [Refused] for an answer
// that the same again would get, and [Stop] for the rest.
async function call<T>(owner: string, method: string, path: string, asked: Asked = {}): Promise<T> {
  const headers: Record<string, string> = { "X-Anpei-Whose": owner };
  if (asked.key) headers["Idempotency-Key"] = asked.key;
  if (asked.json) headers["Content-Type"] = "application/json";
  if (asked.bytes) headers["Content-Type"] = "application/octet-stream";
  if (asked.digest) headers["Content-Digest"] = asked.digest;
  let answer: Response;
  try {
    answer = await fetch(`/s/api${path}`, {
      method, headers, body: asked.bytes ?? (asked.json ? JSON.stringify(asked.json) : undefined), cache: "no-store", redirect: "error",
      signal: AbortSignal.timeout ? AbortSignal.timeout(60_000) : undefined,
    });
    if (answer.ok) return (await answer.json()) as T;
  } catch {
    throw new Stop("offline");
  }
  const said: Said = { status: answer.status, type: "", title: answer.statusText, detail: "", at: Date.now(), ...(await answer.json().catch(() => ({}))) };
  const wait = 1000 * Number(answer.headers.get("Retry-After") ?? 0);
  if (said.status === 401) throw new Stop("signed-out");
  if (said.type.endsWith("/another-person")) throw new Stop("another");
  if (said.status >= 500 || said.status === 429 || said.type.endsWith("/still-running") || !said.type) throw new Stop("later", wait);
  throw new Refused(said);
}
