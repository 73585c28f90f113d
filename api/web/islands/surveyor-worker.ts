// The service worker of the surveyor's pages: they open without a network, as
// they were last seen. It keeps pages and files, never an answer of the API.
import { unused } from "./surveyor/plan";
import { send } from "./surveyor/sender";
import { pieces, reports } from "./surveyor/store";

// What a service worker has, as far as it is used here.
interface Lasting extends Event { waitUntil(work: Promise<unknown>): void }
interface Asked extends Lasting { request: Request; respondWith(answer: Promise<Response>): void }
interface Told extends Lasting { data: { keep?: string[]; only?: boolean; leave?: boolean }; ports: readonly MessagePort[] }
const scope = self as unknown as {
  anpeiFiles: string[]; // of this release
  addEventListener<E extends Event>(kind: string, act: (event: E) => void): void;
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void> };
  location: Location;
};

const filesKept = "anpei-files";
const pagesKept = "anpei-pages"; // of one person: who it is stands beside them
const whose = "X-Anpei-Whose";
const away = "/s/away";

scope.addEventListener<Lasting>("install", (event) => event.waitUntil((async () => {
  const files = await caches.open(filesKept);
  for (const file of scope.anpeiFiles) if (!(await files.match(file))) await files.add(file);
  await files.add(new Request(away, { cache: "reload" }));
  await scope.skipWaiting();
})()));

scope.addEventListener<Lasting>("activate", (event) => event.waitUntil((async () => {
  await tidy();
  await scope.clients.claim();
})()));

// tidy drops files that neither this release nor a kept page loads.
async function tidy(): Promise<void> {
  const [files, pages] = [await caches.open(filesKept), await caches.open(pagesKept)];
  const texts = await Promise.all((await pages.keys()).map(async (key) => (await pages.match(key))?.text() ?? ""));
  const paths = (await files.keys()).map((key) => new URL(key.url).pathname);
  for (const path of unused(paths, [...scope.anpeiFiles, away], texts)) await files.delete(path);
}

const isPage = (path: string) => path === "/s/" || path === "/s/outbox" || /^\/s\/[0-9a-f-]{36}(\/capture)?$/.test(path);

scope.addEventListener<Asked>("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== scope.location.origin) return;
  if (url.pathname.startsWith("/assets/")) event.respondWith(file(event.request));
  else if (isPage(url.pathname)) event.respondWith(page(event.request, url.pathname));
});

// A phone that is full is shown what it cannot keep: to keep fails by itself.

// file answers with what is kept: a name holds the hash of its contents.
async function file(request: Request): Promise<Response> {
  const kept = await caches.match(request, { cacheName: filesKept });
  if (kept) return kept;
  const answer = await fetch(request);
  const copy = answer.clone();
  if (answer.ok) await caches.open(filesKept).then((files) => files.put(request, copy)).catch(() => {});
  return answer;
}

// page asks the network and keeps the answer; without one it shows what was kept.
async function page(request: Request, path: string): Promise<Response> {
  const before = left;
  if (request.mode === "navigate") leaving = false;
  let answer: Response;
  try {
    answer = await fetch(request, request.mode === "navigate" ? undefined : { redirect: "follow" });
  } catch {
    return (await caches.match(path, { cacheName: pagesKept })) ?? (await caches.match(away, { cacheName: filesKept })) ?? Response.error();
  }
  await keepPage(path, answer.clone(), before).catch(() => {});
  return answer;
}

// left counts who signed out. What was asked for before that is not kept after,
// nor what a page still asks for while it goes: until somebody opens one.
let left = 0;
let leaving = false;

async function leave(): Promise<void> {
  left++;
  leaving = true;
  await caches.delete(pagesKept);
}

async function keepPage(path: string, answer: Response, before: number): Promise<void> {
  const who = answer.headers.get(whose);
  if (!answer.ok || answer.redirected || !who || leaving) return;
  let pages = await caches.open(pagesKept); // once it is deleted, what is put into this one is gone, too
  if (before !== left) return;
  const owner = await (await pages.match("/s/whose"))?.text();
  if (owner !== who) { // another person: nothing of the one before is shown to them
    await caches.delete(pagesKept);
    pages = await caches.open(pagesKept);
    if (before !== left) return;
    await pages.put("/s/whose", new Response(who));
  }
  await pages.put(path, answer);
}

// A page names the pages that will be needed outdoors. Of surveys that are over
// none is kept, unless something of theirs is still to be sent.
scope.addEventListener<Told>("message", (event) => event.waitUntil((async () => {
  if (event.data.leave) {
    await leave();
    event.ports[0]?.postMessage("left");
    return;
  }
  const before = left;
  const pages = await caches.open(pagesKept);
  for (const path of new Set(event.data.keep ?? [])) {
    const kept = await pages.match(path);
    const fresh = kept && Date.now() - Date.parse(kept.headers.get("Date") ?? "") < 60_000
      && !kept.headers.has("X-Anpei-Once"); // a sentence that was for one time
    if (!isPage(path) || fresh) continue;
    const answer = await fetch(path, { headers: { Accept: "text/html" } }).catch(() => undefined);
    if (answer) await keepPage(path, answer, before).catch(() => {});
  }
  if (!event.data.only) return;
  const open = new Set([...(await pieces()).filter((p) => !p.document), ...(await reports()).filter((r) => !r.filedAt)].map((one) => one.task));
  for (const path of (await pages.keys()).map((key) => new URL(key.url).pathname)) {
    const task = path.split("/")[2] ?? "";
    if (task.length === 36 && !event.data.keep?.includes(path) && !open.has(task)) await pages.delete(path);
  }
})()));

// The signal is back while no page is open.
scope.addEventListener<Lasting>("sync", (event) => event.waitUntil((async () => {
  const owners = new Set([...(await pieces()).filter((p) => !p.document), ...(await reports()).filter((r) => !r.filedAt)].map((one) => one.owner));
  for (const owner of owners) await send(owner); // of another person than is signed in, the server takes nothing
})()));
