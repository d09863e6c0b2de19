/** A record as if it had never said some values: those that an operator blocked, or the one that an explanation leaves out to see. Pure. */
import { historyWith, type RecordHistory, type ValueKey } from "./node.ts";
import type { Features } from "./observation.ts";
import type { AddressDays } from "./record-state.ts";

/** Which values were never said. */
export type IsUnsaid = (value: ValueKey) => boolean;

/** The history without some values; the same object where it holds none of them. Fingerprints keep naming the same versions. */
export function withoutValues(history: RecordHistory, isUnsaid: IsUnsaid): RecordHistory {
  const versions = history.versions.map((version) => {
    const features = featuresWithout(version.features, isUnsaid);
    return features === version.features ? version : { ...version, features };
  });
  const addresses = new Map(
    [...history.addresses].map(([fingerprint, days]) => [
      fingerprint,
      addressesWithout(days, isUnsaid),
    ]),
  );
  const isSame =
    versions.every((version, i) => version === history.versions[i]) &&
    [...addresses].every(([fingerprint, days]) => days === history.addresses.get(fingerprint));
  return isSame ? history : historyWith(history, { versions, addresses });
}

function featuresWithout(features: Features, isUnsaid: IsUnsaid): Features {
  const { serial, asset, host, virtual, ...rest } = features;
  const macs = features.macs.filter((mac) => !isUnsaid(`mac:${mac}`));
  const declared = features.declared.filter((mac) => !isUnsaid(`mac:${mac}`));
  const keepsSerial = serial !== undefined && !isUnsaid(`serial:${serial}`);
  const keepsAsset = asset !== undefined && !isUnsaid(`asset:${asset}`);
  const keepsHost = host !== undefined && !isUnsaid(`host:${host}`);
  const isSame =
    keepsSerial === (serial !== undefined) &&
    keepsAsset === (asset !== undefined) &&
    keepsHost === (host !== undefined) &&
    macs.length === features.macs.length &&
    declared.length === features.declared.length;
  if (isSame) return features;
  return {
    ...rest,
    ...(keepsSerial ? { serial } : {}),
    ...(keepsSerial && virtual === true ? { virtual } : {}),
    ...(keepsAsset ? { asset } : {}),
    ...(keepsHost ? { host } : {}),
    macs,
    declared,
  };
}

function addressesWithout(days: AddressDays, isUnsaid: IsUnsaid): AddressDays {
  const kept = [...days].filter(([ip]) => !isUnsaid(`address:${ip}`));
  return kept.length === days.size ? days : new Map(kept);
}
