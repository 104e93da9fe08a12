// Files from the visitor: networks as JSON and points as CSV, dropped on the page, or text pasted.
const MOST_BYTES = 900_000; // the server takes a body of 1 MB

/** Throws an Error in words when the file is too large for the server. */
export function requireSmall(file) {
  if (file.size <= MOST_BYTES) return;
  throw new Error(`${file.name} has ${file.size.toLocaleString('en-US')} bytes; at most ${MOST_BYTES.toLocaleString('en-US')} are taken.`);
}

/** Reads a network file far enough to know its layers; the server checks the rest. Throws an Error in words. */
export async function readNetwork(file) {
  requireSmall(file);
  const text = await file.text();
  let network;
  try {
    network = JSON.parse(text);
  } catch {
    throw new Error(`${file.name} is not JSON.`);
  }
  if (!Array.isArray(network?.sizes) || typeof network.activation !== 'string') {
    throw new Error(`${file.name} is not a network: it has no "sizes" or no "activation".`);
  }
  return network;
}

/** Hears files dropped on the page and text pasted outside of fields. */
export function listenForFiles({ onFile, onText }) {
  const hasFiles = (event) => event.dataTransfer.types.includes('Files');
  document.addEventListener('dragover', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    document.body.classList.add('dropping');
  });
  document.addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) document.body.classList.remove('dropping');
  });
  document.addEventListener('drop', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    document.body.classList.remove('dropping');
    if (event.dataTransfer.files[0]) onFile(event.dataTransfer.files[0]);
  });
  document.addEventListener('paste', (event) => {
    if (event.target.closest('input, textarea, dialog')) return;
    const text = event.clipboardData.getData('text');
    if (text.trim()) onText(text);
  });
}
