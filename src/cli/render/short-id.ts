// IDs and digests as people read them; `--no-trunc` gives them in full.

const proseDigits = 7;
const tableDigits = 12;
const digestPrefix = 'sha256:';

/** Seven digits, for sentences. */
export function proseId(id: string): string {
  return id.slice(0, proseDigits);
}

/** Twelve digits, for tables. */
export function tableId(id: string, isFull = false): string {
  return isFull ? id : id.slice(0, tableDigits);
}

/** `sha256:` and twelve digits. */
export function tableDigest(digest: string, isFull = false): string {
  return isFull ? digest : digest.slice(0, digestPrefix.length + tableDigits);
}
