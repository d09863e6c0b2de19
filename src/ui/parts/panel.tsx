import type { ReactNode } from "react";

type PanelProps = {
  readonly title?: string;
  readonly acts?: ReactNode;
  /** Columns of twelve on a wide screen. */
  readonly span?: 3 | 4 | 5 | 6 | 7 | 8;
  /** Whether the content stands off the edges; tables and lists do not. */
  readonly padded?: boolean;
  readonly children: ReactNode;
};

/** A part of a page with a frame, and its heading. */
export function Panel({ title, acts, span, padded = true, children }: PanelProps): ReactNode {
  return (
    <section className="panel" data-span={span} aria-label={title}>
      {title !== undefined && (
        <div className="panel-head">
          <h2>{title}</h2>
          {acts}
        </div>
      )}
      {padded ? <div className="panel-body">{children}</div> : children}
    </section>
  );
}

/** Names and values, one a line; those without a value are left out. */
export function Facts({
  of,
}: {
  readonly of: readonly (readonly [string, ReactNode])[];
}): ReactNode {
  return (
    <dl className="facts">
      {of
        .filter(([, value]) => value !== undefined && value !== null && value !== "")
        .map(([name, value]) => (
          <FactLine key={name} name={name} value={value} />
        ))}
    </dl>
  );
}

function FactLine({
  name,
  value,
}: {
  readonly name: string;
  readonly value: ReactNode;
}): ReactNode {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}
