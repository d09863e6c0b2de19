/** A chart over time, drawn by uPlot. A part of its own, so that it is loaded where one is shown. */
import { useEffect, useRef, type ReactNode } from "react";
import uPlot from "uplot";

import type { TimeChartProps } from "./chart.ts";

const HEIGHT = 190;
/** From so wide a place on, px, a chart is higher and its words larger: else it is a strip that is read from afar. */
const WIDE = 1_100;
const WIDE_HEIGHT = 250;
/** Of the axes' words, px. */
const FONT = 12;
const WIDE_FONT = 14;
/** A bar has this share of the room that it has beside its neighbours, but at most and at least so much, px. */
const BAR_SHARE = 0.7;
const BAR_MAX = 20;
const BAR_MIN = 5;
/** Free at both ends, as a share of the time that is shown, so that no bar is cut. */
const ENDS_SHARE = 0.015;
/** Marks of the time axis stand so far apart at least, px. */
const TIMES_APART = 90;
/** Room for times below, and between them and the line of zero, whose number stands at its left, px. */
const TIMES_HEIGHT = 36;
const TIMES_GAP = 12;
/** Room for numbers with thousands at the left, and for what they count, px. */
const AXIS_WIDTH = 64;
const WIDE_AXIS_WIDTH = 76;
const UNIT_WIDTH = 22;
/** Room for half of the last time at the right, px. */
const LAST_TIME_WIDTH = 32;

/**
 * Draws amounts at their times as bars, those of a later series before those of an earlier one, of which they are a part. A line would
 * tell of amounts between them. Draws anew where width or theme change.
 */
export function TimeChart({ label, unit, times, series }: TimeChartProps): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const { current } = place;
    if (current === null) return undefined;
    let chart = draw(current, { unit, times, series });
    const again = (): void => {
      chart.destroy();
      chart = draw(current, { unit, times, series });
    };
    const sizes = new ResizeObserver(() => {
      const { clientWidth: width } = current;
      if (isWide(width) !== isWide(chart.width)) again();
      else chart.setSize({ width, height: chart.height });
    });
    sizes.observe(current);
    const theme = new MutationObserver(again);
    theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => {
      sizes.disconnect();
      theme.disconnect();
      chart.destroy();
    };
  }, [unit, times, series]);
  return <div ref={place} role="img" aria-label={label} />;
}

function isWide(width: number): boolean {
  return width >= WIDE;
}

const bars = uPlot.paths.bars?.({ size: [BAR_SHARE, BAR_MAX, BAR_MIN] });
const BARS = bars === undefined ? {} : { paths: bars };

type Drawn = Omit<TimeChartProps, "label">;

function draw(place: HTMLDivElement, { unit, times, series }: Drawn): uPlot {
  const colour = colours();
  const { clientWidth: width } = place;
  const wide = isWide(width);
  const axis = {
    stroke: colour("--muted"),
    grid: { stroke: colour("--line"), width: 1 },
    font: `${wide ? WIDE_FONT : FONT}px ${getComputedStyle(place).fontFamily}`,
  };
  const options: uPlot.Options = {
    width,
    height: wide ? WIDE_HEIGHT : HEIGHT,
    padding: [null, LAST_TIME_WIDTH, null, null],
    axes: [
      {
        ...axis,
        ticks: { show: false },
        size: TIMES_HEIGHT,
        gap: TIMES_GAP,
        space: TIMES_APART,
        incrs: (...[, , from, to]) => STEPS.filter((step) => step >= finest(to - from)),
        values: (chart, ticks) => ticks.map(timesOf(chart)),
      },
      {
        ...axis,
        ticks: { show: false },
        size: wide ? WIDE_AXIS_WIDTH : AXIS_WIDTH,
        label: unit,
        labelFont: axis.font,
        labelSize: UNIT_WIDTH,
        values: (_, ticks) => ticks.map(whole),
      },
    ],
    scales: {
      x: { range: (_, from, to) => [from - endsOf(from, to), to + endsOf(from, to)] },
      y: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] },
    },
    series: [
      {
        // Named for who cannot see it alone: a time needs no word, and until the pointer is somewhere it says what it is for.
        label: "Time",
        value: (_, second) =>
          second == null ? "Point at the chart to read it" : EXACT.format(second * 1_000),
      },
      ...series.map(({ name, colour: variable }) => ({
        label: name,
        value: (_: uPlot, value: number | null) => (value == null ? "" : NUMBER.format(value)),
        stroke: colour(variable),
        fill: colour(variable),
        ...BARS,
        points: { show: false },
      })),
    ],
  };
  const data = [[...times], ...series.map(({ values }) => [...values])] as uPlot.AlignedData;
  return new uPlot(options, data, place);
}

/** Never nothing: all may be of one moment. */
function endsOf(from: number, to: number): number {
  return Math.max(1, (to - from) * ENDS_SHARE);
}

const EXACT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const DAY = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const SECONDS = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const MINUTE_SECONDS = 60;
const DAY_SECONDS = 86_400;

const HOUR_SECONDS = 3_600;
/** Between marks of the time axis, s. */
const STEPS: readonly number[] = [
  1,
  2,
  5,
  10,
  15,
  30,
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_SECONDS),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR_SECONDS),
  ...[1, 2, 4, 7, 14, 28, 91, 182, 365, 3_650].map((days) => days * DAY_SECONDS),
];

/** What the marks of so long a time tell apart, s: nearer ones would read alike. */
function finest(spans: number): number {
  if (spans > 2 * DAY_SECONDS) return DAY_SECONDS;
  return spans > 10 * MINUTE_SECONDS ? MINUTE_SECONDS : 1;
}

/** Marks of the time axis: days where it spans several, seconds where it spans but minutes. */
function timesOf({ scales }: uPlot): (second: number) => string {
  const { min = 0, max = 0 } = scales["x"] ?? {};
  const step = finest((max ?? 0) - (min ?? 0));
  const format = step === DAY_SECONDS ? DAY : step === MINUTE_SECONDS ? CLOCK : SECONDS;
  return (second) => format.format(second * 1_000);
}

const NUMBER = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

function whole(tick: number): string {
  return Number.isInteger(tick) ? NUMBER.format(tick) : "";
}

/** Tokens of the theme that is shown; a canvas does not know them by itself. */
function colours(): (token: string) => string {
  const style = getComputedStyle(document.documentElement);
  return (token) => style.getPropertyValue(token).trim();
}
