/** Version of both executables; package.json's, as a test holds it, because a single executable has no package.json to read. */
export const VERSION = "0.1.0";
