// While photos are being read, their page asks for what has been read: the
// server waits with its answer, for some seconds, until it has something to
// say. What somebody is about to send stays in its form.
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

async function readOn(): Promise<void> {
  while (document.getElementById("unread")) {
    try {
      const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
      if (answer.redirected) return location.reload(); // to the door, or the report was sent from another window
      if (!answer.ok) throw new Error(String(answer.status));
      renew(new DOMParser().parseFromString(await answer.text(), "text/html"));
      await pause(500); // it may be cut short
    } catch {
      await pause(5_000); // the line is gone for a moment
    }
  }
}

function renew(page: Document): void {
  for (const part of document.querySelectorAll<HTMLElement>("[data-part]")) {
    const fresh = page.querySelector<HTMLElement>(`[data-part="${part.dataset.part}"]`);
    if (!fresh || fresh.outerHTML === part.outerHTML) continue;
    part.parentElement!.className = fresh.parentElement!.className;
    part.replaceWith(fresh);
  }
  if (!page.getElementById("unread")) document.getElementById("unread")?.remove();
}

void readOn();
