/** Examples of a page that say where they run, without their imports, in order. */
export function examplesOf(page: string, where: 'Node' | 'Chromium'): string[] {
  const blocks = page.matchAll(new RegExp(`<!-- runs in ${where}: [^>]* -->\n\`\`\`ts\n([\\s\\S]*?)\n\`\`\``, 'g'))
  return [...blocks].map(([, body]) => body!.replace(/^import .*$/gm, '').trim())
}
