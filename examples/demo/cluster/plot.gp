# SPDX-License-Identifier: MIT
# The run of the cluster demo: three panels over one time axis. Variables (gnuplot -e):
#   folder   holds pods.dat: seconds, requests a second of pod-1, pod-2 and pod-3
#            lag-pod-1.dat and so on: seconds, lag in seconds
#            clients.dat: seconds, requests a second that ended in a 503, or in a 502 or no answer
#            faults.gp: gnuplot commands that mark the faults
#   output   the PNG;  x_end in seconds
set terminal pngcairo size 1200,950 font "DejaVu Sans,11" background "#ffffff"
set output output

array colour[3] = ["#1f5fa8", "#d08a00", "#2e8b57"]
lost_colour = "#7d3c98"
refused_colour = "#c0392b"

set xrange [0:x_end]
set xtics 5 scale 0.5 textcolor rgb "#333333"
set ytics scale 0.5 textcolor rgb "#333333"
set border 3 lc rgb "#999999"
set tics nomirror
set lmargin 12
set rmargin 3
set key top left Left reverse samplen 2 spacing 1.15 box lc rgb "#cccccc" opaque width 1 height 0.3
set style fill solid 0.55 noborder

set multiplot
load folder . "/faults.gp"

# Stacked: the height is what all pods did together, a band what one did.
set title "Three rating servers, one log: kill -9 of a server, then of Redis" font "DejaVu Sans Bold,13" offset 0,1.2
set size 1,0.39
set origin 0,0.61
set tmargin 5
set bmargin 2
set format x ""
set ylabel "answered with success,\nrequests per second, stacked" offset 1,0
stats folder . "/pods.dat" using ($2+$3+$4) nooutput
set yrange [0:STATS_max*1.25]
plot folder . "/pods.dat" using 1:($2+$3+$4) with filledcurves y1=0 lc rgb colour[3] title "pod-3", \
     "" using 1:($2+$3) with filledcurves y1=0 fs solid 1 lc rgb "#ffffff" notitle, \
     "" using 1:($2+$3) with filledcurves y1=0 lc rgb colour[2] title "pod-2", \
     "" using 1:2 with filledcurves y1=0 fs solid 1 lc rgb "#ffffff" notitle, \
     "" using 1:2 with filledcurves y1=0 lc rgb colour[1] title "pod-1"
unset title
do for [i=1:9] { unset label i }

set size 1,0.29
set origin 0,0.32
set tmargin 1
set yrange [0:*]
unset key
set ylabel "lag behind the log, seconds" offset 1,0
plot for [i=1:3] sprintf("%s/lag-pod-%d.dat", folder, i) using 1:2 with lines lc rgb colour[i] lw (7 - 2 * i)

set size 1,0.32
set origin 0,0
set bmargin 4
set format x "%g"
set xlabel "seconds since the start" offset 0,0.3
set ylabel "not acknowledged: sent again,\nrequests per second" offset 1,0
set key
set yrange [0:5<*]
plot folder . "/clients.dat" using 1:($2+$3) with boxes lc rgb lost_colour title "502, or no answer", \
     "" using 1:2 with boxes fs solid 1 lc rgb "#ffffff" notitle, \
     "" using 1:2 with boxes lc rgb refused_colour title "503"
unset multiplot
