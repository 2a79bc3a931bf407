// From the request target as it stands in the request line to the path that routes are matched on, judged as
// Go's net/url and the router gorilla/mux do: percent escapes are decoded first, then a path with `//`,
// `.` or `..` is redirected to its clean form. Everything here is written by the client.

export type RequestPath =
  | { readonly kind: 'path'; readonly path: string; readonly query: string }
  | { readonly kind: 'redirect'; readonly location: string }
  | { readonly kind: 'unreadable' };

/**
 * Longest target that is looked at. A repository name has at most 255 characters and a role as many, each up
 * to 12 bytes when escaped.
 */
const maxTargetLength = 8192;
/** Longest path once decoded: both names and a checksum with room to spare. Matching the routes costs its square. */
const maxPathLength = 1024;

export function readRequestPath(target: string): RequestPath {
  if (target.length > maxTargetLength) return { kind: 'unreadable' };
  const origin = /^https?:\/\/[^/?#]*/i.exec(target);
  const relative = origin === null ? target : target.slice(origin[0].length);
  const queryAt = relative.indexOf('?');
  const escaped = queryAt < 0 ? relative : relative.slice(0, queryAt);
  const query = queryAt < 0 ? '' : relative.slice(queryAt + 1);
  const path = unescape(escaped);
  const isPath = origin !== null || target.startsWith('/');
  if (!isPath || path === undefined || path.length > maxPathLength) {
    return { kind: 'unreadable' };
  }
  const clean = cleanPath(path);
  if (clean === path) return { kind: 'path', path, query };
  return { kind: 'redirect', location: escape(clean) + (queryAt < 0 ? '' : `?${query}`) };
}

/** Undefined for a broken escape, and for escapes that are not UTF-8. */
function unescape(escaped: string): string | undefined {
  if (!escaped.includes('%')) return escaped;
  try {
    return decodeURIComponent(escaped);
  } catch {
    return undefined;
  }
}

/** Go's path.Clean on a rooted path, keeping a slash at the end. */
function cleanPath(path: string): string {
  if (path !== '' && !/\/\/|\/\.\.?(?:\/|$)/.test(path)) return path;
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  const rooted = `/${kept.join('/')}`;
  return path.endsWith('/') && rooted !== '/' ? `${rooted}/` : rooted;
}

/** As Go escapes a path, so that nothing a client sent can end the header or leave this host. */
function escape(path: string): string {
  return encodeURI(path.toWellFormed()).replace(
    /[!'()*?#]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
