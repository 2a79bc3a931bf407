// The version of this release, for all three programs: a constant, so that a start reads no file. A test holds it
// against package.json.
export const version = '0.1.0';
