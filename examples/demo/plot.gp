# SPDX-License-Identifier: MIT
# The run of the demo as Prometheus recorded it: three panels over one time axis. Variables (gnuplot -e):
#   rates      a file: seconds, demand, granted (both as multiples of the refill rate), granted/s, denied/s
#   available  a file: seconds, tokens
#   phases     gnuplot commands: the shaded phases (set object) and their names (set label)
#   output     the PNG;  x_end in seconds;  capacity, refill of the bucket
set terminal pngcairo size 1200,950 font "DejaVu Sans,11" background "#ffffff"
set output output

demand_colour = "#1f5fa8"
granted_colour = "#2e8b57"
denied_colour = "#c0392b"
tokens_colour = "#d08a00"
grey = "#777777"

set xrange [0:x_end]
set xtics 5 scale 0.5 textcolor rgb "#333333"
set ytics scale 0.5 textcolor rgb "#333333"
set border 3 lc rgb "#999999"
set tics nomirror
set lmargin 11
set rmargin 3
set key top right Left reverse samplen 2 spacing 1.15 box lc rgb "#cccccc" opaque width 1 height 0.3
set style fill solid 0.35 noborder

set multiplot
load phases

# Demand. What is above 1 cannot be granted for long; at 0.7 an autoscaler would add a pod.
set title "One token bucket under load, as Prometheus saw it: " . \
	sprintf("%d tokens, refilled at %d a second", capacity, refill) font "DejaVu Sans Bold,13" offset 0,1.2
set size 1,0.39
set origin 0,0.61
set tmargin 5
set bmargin 2
set format x ""
set ylabel "tokens per second,\nas a multiple of the refill rate" offset 1,0
set yrange [0:3.5]
set ytics 0.5
set label 91 "refill rate" at x_end,1 right offset -0.5,0.6 front textcolor rgb grey font ",9"
set label 92 "autoscaling target, 0.7" at x_end,0.7 right offset -0.5,-0.7 front textcolor rgb grey font ",9"
plot 1 with lines lc rgb grey lw 1.5 dt 2 notitle, \
     0.7 with lines lc rgb grey lw 1 dt 3 notitle, \
     rates using 1:2 with lines lc rgb demand_colour lw 3 title "demand (asked for)", \
     rates using 1:3 with lines lc rgb granted_colour lw 2 title "granted"
unset label
unset title

set size 1,0.29
set origin 0,0.32
set tmargin 1
set ylabel "tokens in the bucket" offset 1,0
set yrange [0:capacity * 1.25]
set ytics autofreq
set label 93 "capacity" at x_end,capacity right offset -0.5,0.6 front textcolor rgb grey font ",9"
unset key
set label 94 "available" at x_end * 0.06,capacity * 0.5 front textcolor rgb "#8a5a00"
plot capacity with lines lc rgb grey lw 1.5 dt 2 notitle, \
     available using 1:2 with filledcurves y1=0 lc rgb tokens_colour notitle, \
     available using 1:2 with lines lc rgb tokens_colour lw 2 notitle
unset label

set key
set size 1,0.32
set origin 0,0
set bmargin 4
set format x "%g"
set xlabel "seconds since the start" offset 0,0.3
set ylabel "requests per second" offset 1,0
set yrange [0:refill * 3.5]
plot rates using 1:5 with filledcurves y1=0 lc rgb denied_colour notitle, \
     rates using 1:4 with lines lc rgb granted_colour lw 2 title "granted (200)", \
     rates using 1:5 with lines lc rgb denied_colour lw 2 title "denied (429)"
unset multiplot
