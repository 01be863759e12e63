import type { ActionItem, TaskPatchBody } from '@vigia/protocol'
import { type ReactNode, useState } from 'react'
import { useText } from '../i18n/i18n.ts'
import { Button, Dialog } from '../ui/parts.tsx'
import { nameOf } from '../ui/speaker.tsx'
import { DismissDialog } from './dismiss-dialog.tsx'
import { DismissedRows, RowTools } from './row-tools.tsx'
import type { Edits } from './use-edits.ts'

interface TasksProps {
  items: readonly ActionItem[]
  /** Those that a person is to take on or dismiss. */
  suggested: readonly ActionItem[]
  names: Readonly<Record<string, string>>
  lit: string | null
  link: (evidence: readonly string[], quote?: string) => ReactNode
  edits: Edits
}

/** Tasks to tick, change and dismiss; what was dismissed can be brought back. */
export function Tasks({ items, suggested, names, lit, link, edits }: TasksProps) {
  const { t } = useText()
  const [editing, setEditing] = useState<ActionItem | null>(null)
  const [dismissing, setDismissing] = useState<ActionItem | null>(null)
  const shown = items.filter(({ status }) => status !== 'dismissed')
  const dismissed = [...items, ...suggested].filter(({ status }) => status === 'dismissed')
  if (items.length + suggested.length === 0) return null
  return (
    <section aria-labelledby="r-tasks" className="tasks">
      <h3 id="r-tasks">{t('tasks')}</h3>
      <ul>
        {shown.map((item) => (
          <li key={item.id} id={item.id} className={`task ${item.status} ${lit === item.id ? 'lit' : ''}`}>
            <label>
              <input
                type="checkbox"
                checked={item.status === 'done'}
                onChange={(event) => edits.changeTask(item, { status: event.target.checked ? 'done' : 'open' })}
              />
              <span className="task-title">{item.title}</span>
            </label>
            <div className="task-meta">
              <span>{ownerOf(item, names) ?? t('nobody')}</span>
              {item.due && (
                <span>
                  {t('due')} {item.due.text}
                </span>
              )}
              {link(item.evidence, item.quote)}
              {item.stale && <small className="stale">{t('stale')}</small>}
              <span className="task-tools">
                <RowTools text={item.title} onEdit={() => setEditing(item)} onDismiss={() => setDismissing(item)} />
              </span>
            </div>
            {item.steps.length > 0 && (
              <ol className="steps">
                {item.steps.map((step) => (
                  <li key={step}>{step}</li>
                ))}
              </ol>
            )}
          </li>
        ))}
      </ul>
      <Suggestions
        items={suggested.filter(({ status }) => status !== 'dismissed')}
        lit={lit}
        link={link}
        onTake={(item) => edits.changeTask(item, { suggested: false })}
        onDismiss={setDismissing}
      />
      <DismissedRows
        items={dismissed}
        textOf={({ title }) => title}
        className="task dismissed"
        onReopen={(item) => edits.changeTask(item, { status: 'open' })}
      />
      {editing && (
        <EditTask
          item={editing}
          names={names}
          onClose={() => setEditing(null)}
          onSave={(patch) => edits.changeTask(editing, patch)}
        />
      )}
      {dismissing && (
        <DismissDialog
          text={dismissing.title}
          reasons={['notTask', 'duplicate', 'dropped']}
          onClose={() => setDismissing(null)}
          onDismiss={(reason) => {
            edits.changeTask(dismissing, { status: 'dismissed', reason })
            setDismissing(null)
          }}
        />
      )}
    </section>
  )
}

interface SuggestionsProps extends Pick<TasksProps, 'items' | 'lit' | 'link'> {
  onTake: (item: ActionItem) => void
  onDismiss: (item: ActionItem) => void
}

/** Less sure than tasks, and smaller: each is taken on or dismissed. */
function Suggestions({ items, lit, link, onTake, onDismiss }: SuggestionsProps) {
  const { t } = useText()
  if (items.length === 0) return null
  return (
    <section aria-labelledby="r-suggested" className="suggested">
      <h4 id="r-suggested">{t('suggestedTasks')}</h4>
      <ul>
        {items.map((item) => (
          <li key={item.id} id={item.id} className={`task ${lit === item.id ? 'lit' : ''}`}>
            <span>{item.title}</span> {link(item.evidence, item.quote)}
            {item.stale && <small className="stale">{t('stale')}</small>}
            <span className="task-tools">
              <Button label={`${t('makeTask')}: ${item.title}`} icon="check" quiet kind="ghost" onClick={() => onTake(item)} />
              <Button label={`${t('dismiss')}: ${item.title}`} icon="close" quiet kind="ghost" onClick={() => onDismiss(item)} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}

const ownerOf = ({ owner }: ActionItem, names: Readonly<Record<string, string>>): string | null =>
  owner === null ? null : owner.speaker ? nameOf(owner.speaker, names) : (owner.name ?? null)

function EditTask({
  item,
  names,
  onClose,
  onSave,
}: {
  item: ActionItem
  names: Readonly<Record<string, string>>
  onClose: () => void
  onSave: (patch: TaskPatchBody) => void
}) {
  const { t } = useText()
  const [title, setTitle] = useState(item.title)
  const [owner, setOwner] = useState(ownerOf(item, names) ?? '')
  const [due, setDue] = useState(item.due?.iso?.slice(0, 10) ?? '')
  const label = Object.keys(names).find((speaker) => names[speaker] === owner) ?? owner
  return (
    <Dialog title={t('edit')} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          const changedDue = due !== (item.due?.iso?.slice(0, 10) ?? '')
          onSave({ title: title.trim() || item.title, owner: label.trim() || null, ...(changedDue ? { due: due || null } : {}) })
          onClose()
        }}
      >
        <label className="field">
          <span>{t('title')}</span>
          <input value={title} onChange={(event) => setTitle(event.target.value)} />
        </label>
        <label className="field">
          <span>{t('owner')}</span>
          <input value={owner} list="people" onChange={(event) => setOwner(event.target.value)} />
          <datalist id="people">
            {Object.values(names).map((name) => (
              <option key={name} value={name} />
            ))}
          </datalist>
        </label>
        <label className="field">
          <span>{t('due')}</span>
          <input type="date" value={due} onChange={(event) => setDue(event.target.value)} />
        </label>
        <button type="submit" className="button main">
          {t('save')}
        </button>
      </form>
    </Dialog>
  )
}
