// Authorities that a pin names: certificates of a PEM file that may issue at the present time.
import { X509Certificate } from 'node:crypto';
import { decodePem } from '../../encoding/pem.ts';
import { Failure } from '../../errors.ts';

/**
 * The authorities in `pem` that are valid at `nowMs`; `file` is for messages.
 * @throws Failure CONFIG_INVALID when there is none: a pin that nothing can match would only confuse
 */
export function readAuthorities(
  pem: Buffer,
  file: string,
  nowMs: number,
): readonly X509Certificate[] {
  const certificates = certificatesOf(pem, file);
  const usable = certificates.filter(
    (certificate) =>
      certificate.ca &&
      Date.parse(certificate.validFrom) <= nowMs &&
      Date.parse(certificate.validTo) >= nowMs,
  );
  if (usable.length > 0) return usable;
  throw new Failure('CONFIG_INVALID', `invalid CA certs provided: ${file} has no valid authority`, {
    facts: {
      file,
      certificates:
        certificates.map((c) => `${c.subject} valid to ${c.validTo}`).join('; ') || 'none',
      'clock here': new Date(nowMs).toISOString(),
    },
  });
}

function certificatesOf(pem: Buffer, file: string): readonly X509Certificate[] {
  try {
    return decodePem(pem.toString('latin1'))
      .filter(({ label }) => label === 'CERTIFICATE')
      .map(({ bytes }) => new X509Certificate(bytes));
  } catch (cause) {
    throw new Failure('CONFIG_INVALID', `invalid CA certs provided: ${file} is not PEM`, { cause });
  }
}
