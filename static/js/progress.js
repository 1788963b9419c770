// Live rows of this person's retouches: over the socket, by polling while it is down. An open socket
// misses what happens while Redis is away, so the oldest rows are then read again now and then too.
// A terminal state is always read again from the server before it is shown.

const TERMINAL = new Set(["succeeded", "failed", "cancelled"]);
const POLL_MS = 2500;
const POLLS_PER_CHECK = 6;
const CHECKED_ROWS = 20;

// Signing in again, in another tab perhaps, gives a new token: the cookie is asked first.
export function csrfToken() {
  const cookie = /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie);
  return cookie ? cookie[1] : document.querySelector("[name=csrfmiddlewaretoken]").value;
}

export async function readRetouch(id) {
  const answer = await fetch(`/api/v1/retouches/${id}/`, { headers: { Accept: "application/json" } });
  // As a broken line: a proxy answers for a server that is not there.
  if (answer.status >= 500) throw new TypeError(`status ${answer.status}`);
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return answer.json();
}

export function watchRetouches({ onRow, onConnection, watchedIds }) {
  let wait = 500;
  let connected = false;
  let polls = 0;

  const deliver = async (row) => {
    onRow(TERMINAL.has(row.status) ? await readRetouch(row.id).catch(() => row) : row);
  };

  const connect = () => {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws/retouches/`);
    socket.addEventListener("open", () => { connected = true; wait = 500; onConnection(true); });
    socket.addEventListener("message", (event) => {
      const message = JSON.parse(event.data);
      if (message.type === "snapshot") {
        message.retouches.forEach((row) => onRow(row));
        // What was said before this socket listened is read too.
        dispatchEvent(new CustomEvent("feedback"));
      }
      if (message.type === "retouch") deliver(message);
      if (message.type === "feedback") dispatchEvent(new CustomEvent("feedback", { detail: message }));
    });
    socket.addEventListener("close", (event) => {
      connected = false;
      // A page that has something to lose prevents the way to the sign-in.
      const signedOut = event.code === 4401;
      if (signedOut && document.dispatchEvent(new CustomEvent("signed-out", { cancelable: true }))) {
        location.reload();
        return;
      }
      onConnection(false);
      setTimeout(connect, wait);
      wait = Math.min(wait * 2, 15000);
    });
  };

  const poll = async () => {
    polls += 1;
    if (!connected || polls % POLLS_PER_CHECK === 0) {
      // Newest first on every page, so the last ones are next in the queue.
      const ids = connected ? watchedIds().slice(-CHECKED_ROWS) : watchedIds();
      for (const id of ids) {
        try { onRow(await readRetouch(id)); onConnection(true); } catch (error) {
          // An answer that is none for this row comes over a line that is there.
          onConnection(!(error instanceof TypeError));
        }
      }
    }
    setTimeout(poll, POLL_MS);
  };

  connect();
  setTimeout(poll, POLL_MS);
}
