// Files from the visitor: how large they may be, and networks as JSON.
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
