// What the arguments of `sign` ask for: repositories, each with the tags to sign and the manifest that each tag is
// to stand for, as the registry has it or as `--digest` says.
import { Failure } from '../../errors.ts';
import { type ImageReference, parseReference } from '../../remote/registry.ts';
import type { Invocation } from './command.ts';
import type { Session } from './session.ts';
import { wrongValue } from './usage-failure.ts';

export interface ImageToSign {
  readonly tag: string;
  /** `sha256:…` */
  readonly digest: string;
  /** Of the manifest, in bytes. */
  readonly size: number;
  /** As the registry described it; undefined when it was not asked. */
  readonly kind: { readonly mediaType: string; readonly platforms: number } | undefined;
}

export interface SigningOrder {
  readonly reference: ImageReference;
  readonly images: readonly ImageToSign[];
}

/** @throws Failure USAGE, REFERENCE_INVALID, and what the registry client throws */
export async function signingOrders(
  { args, flags }: Invocation,
  session: Session,
): Promise<readonly SigningOrder[]> {
  const references = args.map(requireTag);
  const given = givenManifest(flags.text('digest'), flags.text('size'), references);
  const registry = session.registry();
  const orders = new Map<string, { reference: ImageReference; images: ImageToSign[] }>();
  for (const reference of references) {
    const image = given ?? (await lookUp(reference));
    const order = orders.get(reference.name) ?? { reference, images: [] };
    orders.set(reference.name, order);
    addImage(order.images, image, reference);
  }
  return [...orders.values()];

  async function lookUp(reference: ImageReference): Promise<ImageToSign> {
    const { digest, size, mediaType, platforms } = await registry.resolve(reference);
    return { tag: reference.tag ?? '', digest, size, kind: { mediaType, platforms } };
  }
}

function addImage(images: ImageToSign[], image: ImageToSign, { name }: ImageReference): void {
  const other = images.find(({ tag }) => tag === image.tag);
  if (other === undefined) images.push(image);
  else if (other.digest !== image.digest) {
    throw wrongValue(`${name}:${image.tag} is to stand for two images`, {
      command: 'sign',
      facts: { one: other.digest, other: image.digest },
    });
  }
}

function requireTag(asked: string): ImageReference {
  const reference = parseReference(asked);
  if (reference.tag !== undefined) return reference;
  throw new Failure('REFERENCE_INVALID', `${asked} names no tag`, {
    meaning: 'What is signed is a tag: consumers ask for it and get the digest it stands for.',
    remedy: `Name the tag, for example:\n  paraph sign ${reference.name}:latest`,
  });
}

function givenManifest(
  digest: string | undefined,
  size: string | undefined,
  references: readonly ImageReference[],
): ImageToSign | undefined {
  if (digest === undefined && size === undefined) return undefined;
  const [reference, ...others] = references;
  if (digest === undefined || size === undefined || reference === undefined || others.length > 0) {
    throw wrongValue('--digest and --size go together, with one image', {
      command: 'sign',
      hints: [
        'Give the digest of the manifest and its size in bytes:',
        '  paraph sign IMAGE:TAG --digest sha256:HEX --size BYTES',
      ],
    });
  }
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) {
    throw wrongValue(`--digest ${digest} is not sha256: and 64 hex digits`, { command: 'sign' });
  }
  if (reference.digest !== undefined && reference.digest !== digest) {
    throw wrongValue(`${reference.name}:${reference.tag} is to stand for two images`, {
      command: 'sign',
      facts: { 'beside tag': reference.digest, '--digest': digest },
      hints: ['Give the digest once: beside the tag, which asks the registry, or in --digest.'],
    });
  }
  if (!/^[1-9]\d{0,9}$/.test(size)) {
    throw wrongValue(`--size ${size} is not a number of bytes`, { command: 'sign' });
  }
  return { tag: reference.tag ?? '', digest, size: Number(size), kind: undefined };
}
