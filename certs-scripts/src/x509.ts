// The one door to @peculiar/x509, which refuses to load before `Reflect` has the metadata functions. The crypto
// provider is handed to each call rather than registered for the whole process.
import 'reflect-metadata';
import { Crypto } from '@peculiar/webcrypto';
import * as x509 from '@peculiar/x509';

export { x509 };

/** The provider that makes every key, digest, serial number and signature in this package. */
export const provider = new Crypto();
