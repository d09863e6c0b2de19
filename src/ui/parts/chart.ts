/** What a chart over time shows. */
export interface TimeChartProps {
  /** What it shows, in words, for who cannot see it. */
  readonly label: string;
  /** What is counted. */
  readonly unit: string;
  /** Seconds since 1970, ascending. */
  readonly times: readonly number[];
  readonly series: readonly {
    readonly name: string;
    /** A token: "--chart-1". */
    readonly colour: string;
    readonly values: readonly number[];
  }[];
}
