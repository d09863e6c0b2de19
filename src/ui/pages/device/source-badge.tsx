import type { ReactNode } from "react";

type SourceBadgeProps = {
  readonly source: string;
  readonly colours: ReadonlyMap<string, number>;
};

/** A source by name, with the colour that it has on this page. */
export function SourceBadge({ source, colours }: SourceBadgeProps): ReactNode {
  return (
    <span className="tag source-tag" data-colour={colours.get(source)}>
      <i aria-hidden />
      {source}
    </span>
  );
}
