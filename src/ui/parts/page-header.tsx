import { useEffect, type ReactNode } from "react";

type PageHeaderProps = {
  readonly title: string;
  /** Beside the title: a state. */
  readonly badge?: ReactNode;
  /** Above it: the way here. */
  readonly crumbs?: ReactNode;
  /** Below it: one sentence. */
  readonly about?: ReactNode;
  readonly acts?: ReactNode;
};

/** The head of every page; it also names the browser's tab. */
export function PageHeader({ title, badge, crumbs, about, acts }: PageHeaderProps): ReactNode {
  useEffect(() => {
    document.title = `${title} · ServiceRadar Sync`;
  }, [title]);
  return (
    <header className="page-header">
      <div className="titles">
        {crumbs !== undefined && <div className="crumbs">{crumbs}</div>}
        <div className="title-line">
          <h1>{title}</h1>
          {badge}
        </div>
        {about !== undefined && <p>{about}</p>}
      </div>
      {acts !== undefined && <div className="row">{acts}</div>}
    </header>
  );
}
