// The version of this release, kept out of package.json's reach so that a start reads no file.
export const version = '0.1.0';
