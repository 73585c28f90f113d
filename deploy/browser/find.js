// Finds the one thing on the page that people call by this name: kind is
// "control" (to be clicked), "field" (to be filled) or "file" (to be given
// files). Returns { element, x, y } with the middle of what is to be clicked,
// or { why }.
(kind, name) => {
  const clean = (s) => (s || '').replace(/\s+/g, ' ').trim()
  const wanted = clean(name)
  const controls = 'a[href],button,summary,input,select,option,[role=button],[role=tab],[role=menuitem],[role=switch],[role=checkbox],[role=radio],[role=option]'
  const button = (e) => e.matches('input[type=submit],input[type=button],input[type=reset]')
  const choice = (e) => e.matches('input[type=checkbox],input[type=radio]')
  const file = (e) => e.matches('input[type=file]')
  const fits = {
    control: (e) => e.matches(controls) && (!e.matches('input,select') || button(e) || choice(e)),
    field: (e) => e.matches('input:not([type=hidden]),select,textarea,[contenteditable=true],[role=textbox]') && !button(e) && !choice(e) && !file(e),
    file,
  }[kind]
  // What stands in a label besides the control that it labels.
  const words = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return node.data
    if (node.nodeType !== Node.ELEMENT_NODE || node.matches('select,textarea,input,script,style,[hidden],[aria-hidden=true]')) return ''
    return [...node.childNodes].map(words).join(node.matches('span,b,i,strong,em,small') ? '' : ' ')
  }
  const names = (e) => {
    const by = e.getAttribute('aria-labelledby')
    const said = e.getAttribute('aria-label') || (by && by.split(/\s+/).map((id) => document.getElementById(id)).filter(Boolean).map(words).join(' '))
    if (said) return [clean(said)]
    if (button(e)) return [clean(e.value)]
    const labels = [...(e.labels || [])].map((l) => clean(words(l)))
    if (labels.length > 0) return labels
    if (e.matches('input,select,textarea')) return [clean(e.title || e.placeholder)]
    const image = [...e.querySelectorAll('img[alt],svg[aria-label]')].map((i) => i.alt || i.getAttribute('aria-label')).join(' ')
    return [clean(words(e)) || clean(image) || clean(e.title)]
  }
  const seen = (e) => e.checkVisibility({ visibilityProperty: true }) && e.getClientRects().length > 0
  const there = [...document.querySelectorAll(controls + ',textarea,[contenteditable=true],[role=textbox]')].filter(fits)
    .filter((e) => seen(e) || ((choice(e) || file(e)) && [...(e.labels || [])].some(seen)) || kind === 'file')
  let found = there.filter((e) => names(e).includes(wanted))
  if (found.length === 0) found = there.filter((e) => names(e).some((n) => n.includes(wanted)))
  if (found.length > 1 && found.every((e) => e.href && e.href === found[0].href)) found.length = 1
  if (found.length !== 1) {
    return { why: `${found.length} of ${kind}s have this name; there are: ${there.map((e) => names(e)[0]).slice(0, 60).join(' | ')}` }
  }
  const element = found[0]
  if (element.matches(':disabled,[aria-disabled=true]')) return { why: 'it is disabled' }
  if (kind === 'file') return { element, x: 0, y: 0 }
  const reach = (e) => {
    e.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' })
    const r = e.getClientRects()[0]
    if (!r || r.width < 4 || r.height < 4) return null
    const [x, y] = [r.x + r.width / 2, r.y + r.height / 2]
    const top = document.elementFromPoint(x, y)
    return top && (e.contains(top) || top.contains(e) || top.closest('label')?.control === e) ? { element, x, y } : null
  }
  for (const e of [element, ...(element.labels || [])]) {
    const at = reach(e)
    if (at) return at
  }
  return { why: 'something else lies over it' }
}
