// hear follows a stream of server-sent events for as long as the page is shown,
// after the event that its address names. Nobody says what happened while there
// was no stream: look is called when there is one again, and at each try, which
// makes it a poll where there is never one.
//
// A browser opens six connections to a host, for all of its windows, so that
// these share what they follow: see streams-worker.ts. Where a browser has no
// shared workers, each window has a stream while it is looked at.
export function hear(address: string, on: (data: string) => void, look: () => void): void {
  const at = new URL(address, location.href);
  let known = at.searchParams.get("after");
  at.searchParams.delete("after");
  const hears: Hears = {
    address: at.pathname + at.search, after: () => known, look,
    on: (id, data) => {
      if (id) known = id;
      on(data);
    },
  };
  let stop = () => {};
  const follow = (late: boolean) => {
    stop();
    stop = shared(hears, () => (stop = alone(hears, true))) ?? alone(hears, late);
    if (late) look();
  };
  follow(false);
  addEventListener("pagehide", () => stop());
  // A page that comes back from Back is as it was left.
  addEventListener("pageshow", (e) => {
    if (e.persisted) follow(true);
  });
}

interface Hears {
  address: string; // without the event
  after(): string | null;
  on(id: string, data: string): void;
  look(): void;
}

// Said is what the worker tells a window, without anything: look for yourself.
export interface Said { id?: string; data?: string }

// Asked is what a window asks of the worker. It holds the lock as long as it is
// there: who crashes says no good-bye.
export interface Asked { address: string; after: string | null; lock?: string; leave?: boolean }

// shared follows through the worker of all windows, and says how to stop;
// failed is called where there is none after all.
function shared(hears: Hears, failed: () => void): (() => void) | undefined {
  const script = document.querySelector<HTMLMetaElement>("meta[name=streams]")?.content;
  if (!script || typeof SharedWorker === "undefined") return undefined;
  let worker: SharedWorker;
  try {
    worker = new SharedWorker(script, { name: "streams" });
  } catch {
    return undefined;
  }
  const { address } = hears;
  const ask = (more: Partial<Asked>) => worker.port.postMessage({ address, after: hears.after(), ...more } satisfies Asked);
  let release = () => {};
  const stop = () => {
    ask({ leave: true });
    worker.port.close();
    release();
  };
  worker.onerror = () => {
    stop();
    failed();
  };
  worker.port.onmessage = ({ data: said }: MessageEvent<Said>) => {
    if (said.data === undefined) hears.look();
    else hears.on(said.id ?? "", said.data);
  };
  if (!navigator.locks) ask({});
  else {
    const lock = "window-" + crypto.randomUUID();
    const gone = new Promise<void>((done) => (release = done));
    void navigator.locks.request(lock, () => {
      ask({ lock });
      return gone;
    });
  }
  return stop;
}

// alone follows by a stream of this window's own, while it is looked at. A line
// that breaks the browser mends; a stream that the server refuses (too many
// windows, no room for a moment) is asked for again, less and less often.
function alone({ address, after, on, look }: Hears, late: boolean): () => void {
  let stream: EventSource | undefined;
  let again = 0;
  let wait = 2_000;
  const close = () => {
    clearTimeout(again);
    stream?.close();
    stream = undefined;
  };
  const follow = () => {
    close();
    stream = new EventSource(withAfter(address, after()));
    for (const kind of kinds) stream.addEventListener(kind, (e) => on((e as MessageEvent<string>).lastEventId, (e as MessageEvent<string>).data));
    stream.onopen = () => {
      wait = 2_000;
      if (late) look();
      late = true;
    };
    stream.onerror = () => {
      if (stream?.readyState !== EventSource.CLOSED) return;
      if (late) look();
      late = true;
      again = window.setTimeout(follow, wait);
      wait = Math.min(2 * wait, 60_000);
    };
  };
  const seen = () => {
    late = true;
    if (document.hidden) close();
    else follow();
  };
  document.addEventListener("visibilitychange", seen);
  if (!document.hidden) follow();
  return () => {
    document.removeEventListener("visibilitychange", seen);
    close();
  };
}

// kinds are the events that streams have.
export const kinds = ["claim", "changed"];

// withAfter is the address of what comes after an event.
export function withAfter(address: string, after: string | null): string {
  if (after === null) return address;
  return address + (address.includes("?") ? "&" : "?") + "after=" + encodeURIComponent(after);
}
