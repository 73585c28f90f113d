package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// screen shows what happens: to a terminal in colour and its width, elsewhere
// in plain lines.
type screen struct {
	io.Writer
	width  int
	colour bool
}

func newScreen(f *os.File) *screen {
	s := &screen{Writer: f, width: 110}
	if size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ); err == nil {
		s.width, s.colour = max(72, min(int(size.Col), 130)), os.Getenv("NO_COLOR") == ""
	}
	return s
}

// Styles of text, as a terminal is told of them.
const (
	plain  = ""
	strong = "1"
	dim    = "2"
	good   = "32"
	bad    = "31"
	calm   = "36" // the house's green-blue
	amber  = "33" // somebody is waited for
)

func (s *screen) paint(style, text string) string {
	if !s.colour || style == plain {
		return text
	}
	return "\x1b[" + style + "m" + text + "\x1b[0m"
}

// The columns of a story: when, who, what.
const (
	whenWide = 9
	whoWide  = 16
	textAt   = whenWide + 2 + whoWide + 2
)

// chapter begins a story, or what comes after the stories.
func (s *screen) chapter(title string, about ...string) {
	fmt.Fprintf(s, "\n%s\n", s.paint(strong+";"+calm, "━━ "+title+" "+strings.Repeat("━", max(0, s.width-4-columns(title)))))
	for _, text := range about {
		for _, line := range wrap(text, s.width-3) {
			fmt.Fprintf(s, "   %s\n", s.paint(dim, line))
		}
	}
	fmt.Fprintln(s)
}

// line says who did what, in Chinese and below it in English.
func (s *screen) line(at time.Duration, style, who, whoEN, zh, en string) {
	when := fmt.Sprintf("%*.2f s", whenWide-2, at.Seconds())
	for i, text := range wrap(zh, s.width-textAt) {
		if i > 0 {
			when, who = "", ""
		}
		fmt.Fprintf(s, "%s  %s  %s\n", s.paint(dim, pad(when, whenWide)), s.paint(style, pad(who, whoWide)), s.paint(style, text))
	}
	for i, text := range wrap(en, s.width-textAt) {
		if i > 0 {
			whoEN = ""
		}
		fmt.Fprintf(s, "%s  %s  %s\n", pad("", whenWide), s.paint(dim, pad(whoEN, whoWide)), s.paint(dim, text))
	}
}

// detail stands below a line: what a person would see there.
func (s *screen) detail(style, text string) {
	for i, part := range wrap(text, s.width-textAt-2) {
		mark := "│ "
		if i > 0 {
			mark = "│   "
		}
		fmt.Fprintf(s, "%s%s%s\n", pad("", textAt), s.paint(dim, mark), s.paint(style, part))
	}
}

// table writes rows in columns; the cells of numbers are set to the right.
func (s *screen) table(indent int, right map[int]bool, rows [][]string) {
	var wide []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(wide) {
				wide = append(wide, 0)
			}
			wide[i] = max(wide[i], columns(cell))
		}
	}
	for n, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			if cells[i] = pad(cell, wide[i]); right[i] {
				cells[i] = strings.Repeat(" ", wide[i]-columns(cell)) + cell
			}
		}
		style := plain
		if n == 0 {
			style = dim
		}
		fmt.Fprintf(s, "%s%s\n", pad("", indent), s.paint(style, strings.TrimRight(strings.Join(cells, "   "), " ")))
	}
}

// columns returns how wide a text stands on a terminal: Chinese is twice as
// wide as Latin.
func columns(text string) int {
	n := 0
	for _, r := range text {
		n++
		if wide(r) {
			n++
		}
	}
	return n
}

// wide reports whether a character takes two columns (East Asian Width W, F).
func wide(r rune) bool {
	return r >= 0x1100 && (r <= 0x115f || r >= 0x2e80 && r <= 0xa4cf || r >= 0xac00 && r <= 0xd7a3 ||
		r >= 0xf900 && r <= 0xfaff || r >= 0xfe30 && r <= 0xfe6f || r >= 0xff00 && r <= 0xff60 || r >= 0xffe0 && r <= 0xffe6)
}

func pad(text string, to int) string {
	return text + strings.Repeat(" ", max(0, to-columns(text)))
}

// wrap breaks a text into lines of at most so many columns: between words, and
// between Chinese characters where no punctuation follows.
func wrap(text string, most int) []string {
	var lines []string
	line, width := []rune{}, 0
	flush := func(from int) {
		rest := append([]rune{}, line[from:]...)
		lines = append(lines, strings.TrimRight(string(line[:from]), " "))
		line = []rune(strings.TrimLeft(string(rest), " "))
		width = columns(string(line))
	}
	for _, r := range text {
		if r == '\n' {
			flush(len(line))
			continue
		}
		line = append(line, r)
		if width += columns(string(r)); width > most {
			flush(breakOf(line))
		}
	}
	if len(line) > 0 || len(lines) == 0 {
		flush(len(line))
	}
	return lines
}

// breakOf returns where a line that is a character too long is best broken.
func breakOf(line []rune) int {
	for at := len(line) - 1; at > 0; at-- {
		here, before := line[at], line[at-1]
		switch {
		case strings.ContainsRune("，。、；：）》！？」”，.;:)", here), strings.ContainsRune("（《「“(¥", before):
		case here == ' ', before == ' ', wide(here), wide(before):
			return at
		}
	}
	return len(line) - 1
}
