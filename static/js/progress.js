// Live rows of this person's retouches: over the socket, by polling while it is down.
// A terminal state is always read again from the server before it is shown.

const TERMINAL = new Set(["succeeded", "failed", "cancelled"]);
const POLL_MS = 2500;

export const csrfToken = () => document.querySelector("[name=csrfmiddlewaretoken]").value;

export async function readRetouch(id) {
  const answer = await fetch(`/api/v1/retouches/${id}/`, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return answer.json();
}

export function watchRetouches({ onRow, onConnection, watchedIds }) {
  let wait = 500;
  let connected = false;

  const deliver = async (row) => {
    onRow(TERMINAL.has(row.status) ? await readRetouch(row.id).catch(() => row) : row);
  };

  const connect = () => {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws/retouches/`);
    socket.addEventListener("open", () => { connected = true; wait = 500; onConnection(true); });
    socket.addEventListener("message", (event) => {
      const message = JSON.parse(event.data);
      if (message.type === "snapshot") message.retouches.forEach((row) => onRow(row));
      if (message.type === "retouch") deliver(message);
    });
    socket.addEventListener("close", (event) => {
      connected = false;
      if (event.code === 4401) { location.reload(); return; }
      onConnection(false);
      setTimeout(connect, wait);
      wait = Math.min(wait * 2, 15000);
    });
  };

  const poll = async () => {
    if (!connected) {
      for (const id of watchedIds()) {
        try { onRow(await readRetouch(id)); onConnection(true); } catch { onConnection(false); }
      }
    }
    setTimeout(poll, POLL_MS);
  };

  connect();
  setTimeout(poll, POLL_MS);
}
