// Who may do what: the port between requests and the scheme that judges them. Without an authorizer everything is
// allowed, as in Go without `auth`.
import type { Access } from '../http/routes.ts';

export interface AccessRequest {
  /** The header as sent. */
  readonly authorization: string | undefined;
  readonly host: string | undefined;
  readonly access: Exclude<Access, 'none'>;
  /** Empty for the catalogue. */
  readonly gun: string;
}

export type Verdict =
  | { readonly kind: 'allowed'; readonly user: string }
  /** `challenge` is the value of WWW-Authenticate. */
  | { readonly kind: 'refused'; readonly challenge: string };

export interface Authorizer {
  authorize(request: AccessRequest): Promise<Verdict>;
}

/** One right as a token must grant it, and as the answer 401 lists it. */
export interface Right {
  readonly Type: 'repository' | 'registry';
  readonly Class: '';
  readonly Name: string;
  readonly Action: string;
}

export function rightsFor(access: Exclude<Access, 'none'>, gun: string): readonly Right[] {
  if (access === 'catalog') return [{ Type: 'registry', Class: '', Name: 'catalog', Action: '*' }];
  return access.map((action) => ({ Type: 'repository', Class: '', Name: gun, Action: action }));
}
