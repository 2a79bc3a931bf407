// A digest that stands in a reference beside its tag, `NAME:TAG@sha256:…`: it is compared with the one that was
// signed, by every command that reads signatures.
import type { ResolvedTag } from '../../client/consume/resolve.ts';
import { Failure } from '../../errors.ts';
import type { ImageReference } from '../../remote/registry.ts';

/** @throws Failure REFERENCE_INVALID for a digest without a tag @param command names the caller in the remedy */
export function requireTagBesideDigest(
  asked: string,
  { name, tag, digest }: ImageReference,
  command: 'verify' | 'inspect',
): void {
  if (tag !== undefined || digest === undefined) return;
  throw new Failure('REFERENCE_INVALID', `${asked} names a digest and no tag`, {
    meaning: 'Signatures are on tags; a digest is what a tag was signed for.',
    remedy: `Name the tag: paraph ${command} ${name}:TAG`,
  });
}

/** @throws Failure DIGEST_MISMATCH when the reference names another digest than the signed one */
export function requireAskedDigest(
  asked: string,
  { name, digest }: ImageReference,
  signed: ResolvedTag,
): void {
  if (digest === undefined || digest === signed.digest) return;
  throw new Failure('DIGEST_MISMATCH', `${asked} is not what was signed for the tag`, {
    facts: { signed: signed.digest, asked: digest },
    meaning: 'The tag was signed again since, or the digest is that of another image.',
    remedy:
      `Do not use the digest that was asked for unless the publisher stands by it. What is signed now:\n` +
      `  paraph verify ${name}:${signed.tag}`,
  });
}
