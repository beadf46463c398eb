# SPDX-License-Identifier: GPL-2.0-or-later
"""Published costs of exits on real processors, and an estimate from counts.

It is an estimate, not a measurement.  Each instruction counted in the lab takes one
cycle; each exit adds the cycles that a processor needs to leave the guest and come back,
which the lab does not have."""

PRICES = {
    'epyc-2020': dict(
        exit=1376, user=1152, what='AMD EPYC, Linux 5.10',
        source='linux-kernel, December 2020, on saving host state with vmsave and '
               'vmload (archive of lkml.iu.edu, 2012.2/00527): cycles of one KVM_RUN with '
               'one exit: 576 in, 1,376 in the guest and back, 576 out'),
    'nehalem-2011': dict(
        exit=2000, user=1152, what='Intel Xeon X5570, Linux 2.6.34',
        source='Landau, Ben-Yehuda, Gordon, "SplitX: Split Guest/Hypervisor Execution on '
               'Multi-Core", USENIX WIOV 2011, section 1 and table 1: 2,000 cycles direct '
               'cost of an exit; it gives no cost of the way to user space, so that is the '
               'one of the line above'),
}


def cycles(run, price):
    """The cycles of a run with counts and exits, or None."""
    kinds = run.get('exits')
    if not kinds or 'cpu-ns' not in run['counts']:
        return None
    n = user = 0
    for name, (number, _) in kinds.items():
        if name.startswith(('port 0x', 'start ', 'called-off ')):
            continue
        n += number
        user += number if name.endswith(' user') else 0
    p = PRICES[price]
    return run['counts']['cpu-ns'] + n * p['exit'] + user * p['user']
