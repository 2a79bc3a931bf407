// What an engine does with a digest: fetch the manifest that it names and everything the manifest names, and believe
// nothing that does not have the digest it was asked for by. Registry answers are checked by the client's own code.
import { JsonView } from '../encoding/json-view.ts';
import { parseJson } from '../encoding/strict-json.ts';
import type { BlobContent, ImageReference, Registry } from '../remote/registry.ts';

export interface PulledImage {
  readonly digest: string;
  readonly blobs: number;
  readonly bytes: number;
}

/** @throws Failure DIGEST_MISMATCH and what else the registry client throws */
export async function pull(registry: Registry, reference: ImageReference): Promise<PulledImage> {
  const { descriptor, bytes } = await registry.manifest(reference);
  const manifest = new JsonView(parseJson(bytes), 'manifest');
  const contents = [manifest.member('config'), ...manifest.member('layers').list()].map(contentOf);
  let total = bytes.length;
  for (const content of contents) total += (await registry.blob(reference, content)).length;
  return { digest: descriptor.digest, blobs: contents.length, bytes: total };
}

function contentOf(view: JsonView): BlobContent {
  return { digest: view.member('digest').string(), size: view.member('size').integer() };
}
