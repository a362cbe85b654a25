# Runs in the drilled machine: starts the programs that are asked for on one port, one at a time.
# A frame is one letter, the number of the question, the length, the bytes. From outside: `c` a program's words, `i` its
# input, `e` the end of that. To outside: `o` output, `r` errors, `x` the exit code. MARK comes before each question: what
# is left of an earlier one, whose asker went away, is passed over up to there. This never ends by itself: the kernel
# throws away what was asked meanwhile. To read nothing shows only after a while that nobody is there: on a busy
# machine the words of the next asker come before the kernel knows of him.
# Perl, for every Debian has perl-base; a server need not have Python.
use strict;
use warnings;
use IO::Select;
use POSIX ();

my ($path) = @ARGV;
open(my $port, '+<:raw', $path) or die "$path: $!\n";
$SIG{PIPE} = 'IGNORE';
my $MARK = "\0seawall-asks\0";
my $PATIENCE = 20;  # tenths of a second
my $buffer = '';

sub answered {
    my ($kind, $number, $bytes) = @_;
    my $frame = pack('a1NN', $kind, $number, length $bytes) . $bytes;
    while (length $frame) {
        my $sent = syswrite($port, $frame);
        exit 0 unless defined $sent;
        substr($frame, 0, $sent, '');
    }
}

# Wait for more; return whether anybody is there.
sub heard {
    return 1 if sysread($port, $buffer, 65536, length $buffer);
    select(undef, undef, undef, 0.1);
    return 0;
}

# Return the next frame; nothing when it has not come whole.
sub whole {
    return if length $buffer < 9;
    my ($kind, $number, $length) = unpack('a1NN', $buffer);
    return if length($buffer) < 9 + $length;
    my $bytes = substr($buffer, 9, $length);
    substr($buffer, 0, 9 + $length, '');
    return ($kind, $number, $bytes);
}

sub answer {
    my ($number, @words) = @_;
    pipe(my $in, my $input) and pipe(my $output, my $out) and pipe(my $errors, my $err) or die "pipe: $!\n";
    my $child = fork // die "fork: $!\n";
    if (!$child) {
        POSIX::setsid();
        POSIX::dup2(fileno $in, 0);
        POSIX::dup2(fileno $out, 1);
        POSIX::dup2(fileno $err, 2);
        POSIX::close($_) for 3 .. 63;
        $SIG{PIPE} = 'DEFAULT';
        { no warnings; exec { $words[0] } @words; }
        print STDERR "$words[0]: $!\n";
        POSIX::_exit(127);
    }
    close $_ for $in, $out, $err;
    my %kinds = (fileno $output, 'o', fileno $errors, 'r');
    my $waited = IO::Select->new($port, $output, $errors);
    my $nothing = 0;
    while (keys %kinds) {
        if ($nothing > $PATIENCE or $buffer =~ /^\Q$MARK\E/) {  # whoever asked has left, or another one asks
            kill 'KILL', -$child, $child;
            waitpid($child, 0);
            return;
        }
        # What came together with the question is not announced again.
        while (my ($kind, $which, $bytes) = whole()) {
            if ($kind eq 'e') { close $input; }
            elsif ($kind eq 'i') { syswrite($input, $bytes); }
        }
        for my $ready ($waited->can_read) {
            if ($ready == $port) {
                $nothing = heard() ? 0 : $nothing + 1;
                next;
            }
            my $place = fileno $ready;
            if (sysread($ready, my $bytes, 65536)) { answered($kinds{$place}, $number, $bytes); next; }
            $waited->remove($ready);
            delete $kinds{$place};
        }
    }
    waitpid($child, 0);
    answered('x', $number, $? & 127 ? 128 + ($? & 127) : $? >> 8);
}

while (1) {
    heard();
    next unless $buffer =~ s/^.*?\Q$MARK\E//s;
    my ($kind, $number, $bytes);
    until (($kind, $number, $bytes) = whole()) {
        heard();
        $buffer =~ s/^.*?\Q$MARK\E//s;  # whoever asked has left in the middle of it
    }
    answer($number, split(/\0/, $bytes, -1));
}
