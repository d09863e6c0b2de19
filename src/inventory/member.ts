/** Which device a record, or one fingerprint of it, belongs to. Fingerprint 0 stands for all of a record's. */
export interface MemberRow {
  readonly recordNo: number;
  readonly fingerprint: number;
  readonly deviceNo: number;
}
