package document

// Classify says which kind of paper has these lines on it, and how plainly, in
// basis points. Other is a text of no known kind, Unknown too little text.
// It never returns [LossPhoto]: that is told by the picture, not by its words.
func Classify(lines []Line) (Kind, int) {
	var texts [][]rune
	written := 0 // hanzi count for five, since they say as much
	for _, l := range lines[:min(len(lines), most)] {
		text := tight(fold(l.Text))
		texts = append(texts, []rune(text))
		if l.Confidence >= 5000 {
			written += len(texts[len(texts)-1]) + 4*countHanzi(text)
		}
	}
	best, first, second := Unknown, 0, 0
	for _, f := range forms {
		score := 0
		for _, m := range f.marks {
			if stands(texts, []rune(tight(m.word))) {
				score += m.weight
			}
		}
		switch {
		case score > first:
			best, first, second = f.kind, score, first
		case score > second:
			second = score
		}
	}
	if first < 7 || first == second {
		if written >= 60 {
			return Other, 5000
		}
		return Unknown, 0
	}
	// Full marks take a title's worth of words and a clear lead.
	return best, min(10000, 10000*min(first, 14)/14*(first-second)/first+1000)
}

func stands(texts [][]rune, word []rune) bool {
	for _, text := range texts {
		if _, _, _, ok := locate(text, word); ok {
			return true
		}
	}
	return false
}
