package claim

// LongestSMS are values of each placeholder that are as long as they get.
var LongestSMS = longestSMS

// Placeholders are the placeholders that a message may have.
func (s SMS) Placeholders() []string { return s.values() }
