// hear follows a stream of server-sent events for as long as the page is shown.
// A line that breaks the browser mends; a stream that the server refuses (too
// many windows, no room for a moment) is asked for again, less and less often.
// Nobody says what happened meanwhile: look is called at each try, which makes it
// a poll where there is never a stream, and once there is one again.
export function hear(address: string, on: (e: MessageEvent<string>) => void, look: () => void): void {
  let stream: EventSource | undefined;
  let again = 0;
  let wait = 2_000;
  const follow = (late: boolean) => {
    stop();
    stream = new EventSource(address);
    for (const kind of ["claim", "changed"]) stream.addEventListener(kind, on as EventListener);
    stream.onopen = () => {
      wait = 2_000;
      if (late) look();
      late = true;
    };
    stream.onerror = () => {
      if (stream?.readyState !== EventSource.CLOSED) return;
      if (late) look();
      late = true;
      again = window.setTimeout(follow, wait, true);
      wait = Math.min(2 * wait, 60_000);
    };
  };
  const stop = () => {
    clearTimeout(again);
    stream?.close();
  };
  follow(false);
  addEventListener("pagehide", stop);
  // A page that comes back from Back is as it was left.
  addEventListener("pageshow", (e) => {
    if (e.persisted) follow(true);
  });
}
