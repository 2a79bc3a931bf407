// Real bytes with faults in them: flipped, cut, repeated, spliced with others of their kind, and with pieces in them
// that parsers of text trip over. Knows nothing of what the bytes mean; mutated-json.ts does.
import fc from 'fast-check';

/** Text that readers of JSON, YAML, TOML and PEM may take for something else, and bytes that are no text. */
const oddPieces: readonly Buffer[] = [
  '\uFEFF',
  '\0',
  '\r\n',
  '\u2028',
  '"',
  '{',
  ']',
  ',',
  ': ',
  '= ',
  '# ',
  '\t',
  '\n---\n',
  '&a [*a, *a]',
  '<<: *a',
  '!!binary x',
  '[[a]]\n',
  '1e999',
  '-0',
  '123456789012345678901234567890',
  '"__proto__": {"a": 1},',
  '\\ud800',
  '-----BEGIN CERTIFICATE-----\n',
  '-----END CERTIFICATE-----\n',
  '../../../../etc/passwd',
  '['.repeat(3000),
  '{"a":'.repeat(3000),
  'x'.repeat(70_000),
]
  .map((text) => Buffer.from(text))
  .concat(Buffer.from([0xff, 0xfe]), Buffer.from([0xc3, 0x28]), Buffer.from([0xed, 0xa0, 0x80]));

type Change = (bytes: Buffer) => Buffer;

/** `place` and `size` are taken modulo what there is. */
function spanOf(bytes: Buffer, place: number, size: number): readonly [number, number] {
  const start = place % (bytes.length + 1);
  return [start, Math.min(bytes.length, start + (size % 64) + 1)];
}

function replaced(bytes: Buffer, start: number, end: number, piece: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, start), piece, bytes.subarray(end)]);
}

const flip = fc.tuple(fc.nat(), fc.nat(7)).map(
  ([place, bit]): Change =>
    (bytes) => {
      const result = Buffer.from(bytes);
      const at = place % Math.max(1, bytes.length);
      if (bytes.length > 0) result.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at);
      return result;
    },
);
const overwrite = fc.tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 8 })).map(
  ([place, piece]): Change =>
    (bytes) => {
      const [start] = spanOf(bytes, place, 0);
      return replaced(bytes, start, Math.min(bytes.length, start + piece.length), piece);
    },
);
const insertOdd = fc.tuple(fc.nat(), fc.constantFrom(...oddPieces)).map(
  ([place, piece]): Change =>
    (bytes) => {
      const [start] = spanOf(bytes, place, 0);
      return replaced(bytes, start, start, piece);
    },
);
const remove = fc.tuple(fc.nat(), fc.nat()).map(
  ([place, size]): Change =>
    (bytes) => {
      const [start, end] = spanOf(bytes, place, size);
      return replaced(bytes, start, end, Buffer.alloc(0));
    },
);
const repeat = fc.tuple(fc.nat(), fc.nat(), fc.nat(20)).map(
  ([place, size, times]): Change =>
    (bytes) => {
      const [start, end] = spanOf(bytes, place, size);
      const piece = bytes.subarray(start, end);
      return replaced(bytes, start, start, Buffer.concat(Array(times + 1).fill(piece)));
    },
);
const truncate = fc.nat().map(
  (place): Change =>
    (bytes) =>
      bytes.subarray(0, place % (bytes.length + 1)),
);
const newlines = fc.constant(
  (bytes: Buffer): Buffer =>
    Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1'),
);

function splice(others: readonly Buffer[]): fc.Arbitrary<Change> {
  return fc.tuple(fc.constantFrom(...others), fc.nat(), fc.nat(), fc.nat(600)).map(
    ([other, place, from, size]): Change =>
      (bytes) => {
        const [start, end] = spanOf(bytes, place, size);
        const origin = from % (other.length + 1);
        return replaced(bytes, start, end, other.subarray(origin, origin + size));
      },
  );
}

/** One of `originals` with up to `most` faults in it; without any, about one time in `most`. */
export function mutatedBytes(originals: readonly Buffer[], most = 4): fc.Arbitrary<Buffer> {
  const change: fc.Arbitrary<Change> = fc.oneof(
    { weight: 3, arbitrary: flip },
    { weight: 2, arbitrary: overwrite },
    { weight: 3, arbitrary: insertOdd },
    { weight: 2, arbitrary: remove },
    repeat,
    truncate,
    newlines,
    splice(originals),
  );
  return fc
    .tuple(fc.constantFrom(...originals), fc.array(change, { maxLength: most }))
    .map(([original, changes]) => {
      let bytes: Buffer = Buffer.from(original);
      for (const apply of changes) bytes = apply(bytes);
      return bytes;
    });
}
