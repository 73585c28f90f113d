// The worker that all windows of a browser share: what several follow is
// followed once, and however many windows there are, two connections are held
// open, of the six that a browser has for a host over HTTP/1.1. What has none is
// asked for every three seconds; when one becomes free, it has a stream too.
import { kinds, withAfter, type Asked, type Said } from "./shared/stream";

const atOnce = 2; // pages of the release before may have a worker of their own for a while
const pollEvery = 3_000;
const remembered = 200;
const shortest = 2_000;

interface Told { id: number; data: string }

const topics = new Map<string, Topic>(); // by address; the first ones have a stream

// Topic is what one or several windows follow.
class Topic {
  private readonly windows = new Map<MessagePort, number>(); // with the last event that each knows; -1 where it names none
  private told: Told[] = []; // all since from, for windows that come later
  private from = -1;
  private last = -1;
  private source?: EventSource;
  private polls = false;
  private timer = 0;
  private wait = shortest;
  private late = false;

  constructor(private readonly address: string) {}

  join(port: MessagePort, after: number): void {
    this.windows.set(port, after);
    if (after < 0) return;
    if (this.from >= 0 && after >= this.from) {
      for (const event of this.told) this.tell(port, event);
      return;
    }
    // It was drawn before what is remembered: begin there.
    this.told = [];
    this.from = this.last = after;
    if (this.source) this.stream();
  }

  // leave reports whether nobody follows it any more.
  leave(port: MessagePort): boolean {
    this.windows.delete(port);
    if (this.windows.size) return false;
    this.stop();
    return true;
  }

  // hold gives it a stream, or lets it ask now and then.
  hold(stream: boolean): void {
    if (stream && !this.source && (this.polls || !this.timer)) this.stream();
    else if (!stream && !this.polls) this.poll();
  }

  private tell(port: MessagePort, event: Told): void {
    if (event.id <= this.windows.get(port)!) return;
    this.windows.set(port, event.id);
    port.postMessage({ id: String(event.id), data: event.data } satisfies Said);
  }

  private deliver(kind: string, event: Told): void {
    if (kind === "changed") this.told = []; // one hint says as much as many
    this.told.push(event);
    if (this.told.length > remembered) this.from = this.told.shift()!.id;
    this.last = Math.max(this.last, event.id);
    for (const port of this.windows.keys()) this.tell(port, event);
  }

  private look(): void {
    for (const port of this.windows.keys()) port.postMessage({} satisfies Said);
  }

  private get next(): string {
    return withAfter(this.address, this.last < 0 ? null : String(this.last));
  }

  private stop(): void {
    clearTimeout(this.timer);
    this.timer = 0;
    this.polls = false;
    this.source?.close();
    this.source = undefined;
  }

  private stream(): void {
    this.stop();
    const source = (this.source = new EventSource(this.next));
    for (const kind of kinds) {
      source.addEventListener(kind, (e) => {
        const { lastEventId, data } = e as MessageEvent<string>;
        this.deliver(kind, { id: Number(lastEventId), data });
      });
    }
    source.onopen = () => {
      this.wait = shortest;
      if (this.late) this.look();
      this.late = true;
    };
    source.onerror = () => {
      if (source.readyState !== EventSource.CLOSED) return; // the browser mends it
      this.stop();
      if (this.late) this.look();
      this.late = true;
      this.timer = self.setTimeout(() => this.stream(), this.wait);
      this.wait = Math.min(2 * this.wait, 60_000);
    };
  }

  private poll(): void {
    this.stop();
    this.polls = this.late = true;
    const again = async () => {
      await this.ask();
      if (this.polls) this.timer = self.setTimeout(() => void again(), pollEvery);
    };
    void again();
  }

  // ask takes what has come since. Where events have no numbers, the windows
  // look for themselves.
  private async ask(): Promise<void> {
    if (this.last < 0) return this.look();
    try {
      const answer = await fetch(this.next + "&once=true");
      if (answer.status !== 200 || answer.redirected) return this.look(); // signed out, perhaps
      for (const block of (await answer.text()).split("\n\n")) {
        const lines = new Map(block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]));
        const [id, kind, data] = [lines.get("id"), lines.get("event"), lines.get("data")];
        if (id && kind && data !== undefined) this.deliver(kind, { id: Number(id), data });
      }
    } catch { /* the line is gone for a moment */ }
  }
}

function arrange(): void {
  [...topics.values()].forEach((topic, i) => topic.hold(i < atOnce));
}

const scope = self as unknown as { onconnect: (e: MessageEvent) => void };
scope.onconnect = ({ ports: [port] }) => {
  port.onmessage = ({ data: asked }: MessageEvent<Asked>) => {
    const leave = () => {
      if (topics.get(asked.address)?.leave(port)) {
        topics.delete(asked.address);
        arrange();
      }
    };
    if (asked.leave) return leave();
    const topic = topics.get(asked.address) ?? new Topic(asked.address);
    topics.set(asked.address, topic);
    topic.join(port, asked.after === null || asked.after === "" ? -1 : Number(asked.after));
    arrange();
    if (asked.lock) void navigator.locks.request(asked.lock, leave); // which it has when the window is gone
  };
};
