// Files out of pickers, drops, folders and the clipboard, and what the page can say about them itself.

const NAMES = /\.(jpe?g|png|webp|avif|hei[cf])$/i;
const TYPES = /^image\/(jpeg|png|webp|avif|hei[cf])$/;

// The text that refuses a file, "" for one that may be sent.
export function refusal(file, { maxBytes, tooLarge, badType, empty }) {
  if (!NAMES.test(file.name) && !TYPES.test(file.type)) return badType;
  if (file.size === 0) return empty;
  return file.size > Number(maxBytes) ? tooLarge : "";
}

export const carriesFiles = (transfer) => Boolean(transfer) && [...transfer.types].includes("Files");

// Called within the drop's event: browsers take the entries away afterwards.
export async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) return [...transfer.files];
  return (await Promise.all(entries.map(filesOf))).flat();
}

async function filesOf(entry) {
  if (entry.isFile) return entry.name.startsWith(".") ? [] : [await new Promise((done, failed) => { entry.file(done, failed); })];
  const reader = entry.createReader();
  const files = [];
  for (;;) {
    // A reader gives a hundred entries at a time, none at the end.
    const some = await new Promise((done, failed) => { reader.readEntries(done, failed); });
    if (!some.length) return files;
    files.push(...(await Promise.all(some.map(filesOf))).flat());
  }
}

// A pasted picture is called image.png every time; time and number tell them apart.
export function pasted(clipboard) {
  const time = new Date().toISOString().slice(0, 19).replaceAll(":", ".").replace("T", " ");
  return [...clipboard.files].map((file, number) => (file.name.startsWith("image.")
    ? new File([file], `${time}${number ? ` ${number + 1}` : ""}.${file.name.split(".").pop()}`, { type: file.type, lastModified: file.lastModified })
    : file));
}
