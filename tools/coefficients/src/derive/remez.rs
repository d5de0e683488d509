//! Best polynomials whose coefficients are f32.

use super::dd::Dd;

/// Points between the ends of the interval: the fit is minimax on this grid.
const GRID: usize = 1200;

/// f(x) ~ c[0] + c[1] x + ... on an interval, with the error at x multiplied by a weight.
pub(crate) struct Problem {
    /// (x, f(x), weight(x) > 0), x ascending, never 0.
    points: Vec<(Dd, Dd, Dd)>,
}

impl Problem {
    /// `sample` gives (x, f(x), weight(x)) at the place t; t runs over the interval on a Chebyshev grid,
    /// dense towards both ends. Places where x is 0 or the weight is 0 are left out.
    pub(crate) fn new(from: f64, to: f64, sample: impl Fn(Dd) -> (Dd, Dd, Dd)) -> Self {
        let step = Dd::from(std::f64::consts::PI) / Dd::from(GRID as f64);
        let points = (0..=GRID)
            .map(|i| {
                // sin and its series want a small angle: cos(pi - a) = -cos(a), cos(a) = sin(pi/2 - a).
                let angle = Dd::from(i as f64 - GRID as f64 / 2.0) * step;
                Dd::from((from + to) / 2.0) + Dd::from((to - from) / 2.0) * angle.sin()
            })
            .filter(|t| t.abs() > Dd::from(1e-6))
            .map(sample)
            .collect();
        Self { points }
    }

    /// `degree` + 1 coefficients of type f32, and the greatest weighted error that they leave.
    ///
    /// One coefficient after the other, from the constant on, is rounded to f32 and fixed; those still free
    /// are fitted anew, so that they make up for the roundings before them.
    pub(crate) fn fit_f32(&self, degree: usize) -> (Vec<f32>, f64) {
        let mut rounded: Vec<f32> = Vec::new();
        let mut rest = self.points.clone();
        while rounded.len() <= degree {
            let best = minimax(&rest, degree - rounded.len());
            let c = best[0].hi as f32;
            rounded.push(c);
            // f - c = x (f - c) / x: what is left is fitted with the weight times |x|.
            for (x, f, weight) in &mut rest {
                *f = (*f - Dd::from(f64::from(c))) / *x;
                *weight = *weight * x.abs();
            }
        }
        let error = rest.iter().map(|(_, f, weight)| (*f * *weight).abs().hi).fold(0.0, f64::max);
        (rounded, error)
    }
}

fn polynomial(c: &[Dd], x: Dd) -> Dd {
    c.iter().rev().fold(Dd::ZERO, |sum, &c| sum * x + c)
}

/// Remez's exchange on a finite set of points: the `degree` + 1 coefficients with the least maximum of
/// weight |f - p|.
///
/// Solve f(x_i) - p(x_i) = (-1)^i E / weight(x_i) on degree + 2 points; move these to where the error is
/// greatest between its changes of sign; until no error exceeds |E|.
fn minimax(points: &[(Dd, Dd, Dd)], degree: usize) -> Vec<Dd> {
    let unknowns = degree + 2;
    let mut chosen: Vec<usize> = (0..unknowns).map(|i| i * (points.len() - 1) / (unknowns - 1)).collect();
    for _ in 0..100 {
        let rows = chosen.iter().enumerate().map(|(i, &at)| {
            let (x, f, weight) = points[at];
            let mut row = vec![Dd::ONE];
            (0..degree).for_each(|j| row.push(row[j] * x));
            let sign = Dd::from(if i % 2 == 0 { 1.0 } else { -1.0 });
            row.extend([sign / weight, f]);
            row
        });
        let mut c = solve(rows.collect());
        let level = c.pop().map_or(0.0, |e| e.abs().hi);
        let errors: Vec<f64> =
            points.iter().map(|&(x, f, weight)| ((f - polynomial(&c, x)) * weight).hi).collect();
        let extrema = alternating_extrema(&errors, unknowns);
        let greatest = errors.iter().fold(0.0, |m: f64, e| m.max(e.abs()));
        if greatest <= level * (1.0 + 1e-9) || extrema == chosen || extrema.len() < unknowns {
            return c;
        }
        chosen = extrema;
    }
    panic!("the exchange did not settle");
}

/// Where |error| is greatest between changes of sign; surplus places are dropped, the least first.
fn alternating_extrema(errors: &[f64], wanted: usize) -> Vec<usize> {
    let mut extrema: Vec<usize> = Vec::new();
    for (i, e) in errors.iter().enumerate() {
        match extrema.last_mut() {
            Some(last) if (errors[*last] < 0.0) == (*e < 0.0) => {
                if e.abs() > errors[*last].abs() {
                    *last = i;
                }
            }
            _ => extrema.push(i),
        }
    }
    let size = |i: usize| errors[i].abs();
    while extrema.len() > wanted {
        let end = extrema.len() - 1;
        let least =
            (0..=end).fold(0, |best, i| if size(extrema[i]) < size(extrema[best]) { i } else { best });
        if extrema.len() == wanted + 1 || least == 0 || least == end {
            extrema.remove(if size(extrema[0]) < size(extrema[end]) { 0 } else { end });
        } else {
            // Two neighbours, so that the signs of the others still alternate.
            let first = if size(extrema[least - 1]) < size(extrema[least + 1]) { least - 1 } else { least };
            extrema.drain(first..first + 2);
        }
    }
    extrema
}

/// Gaussian elimination with partial pivoting; each row ends with its right-hand side.
fn solve(mut rows: Vec<Vec<Dd>>) -> Vec<Dd> {
    let n = rows.len();
    for column in 0..n {
        let size = |rows: &Vec<Vec<Dd>>, r: usize| rows[r][column].abs().hi;
        let pivot =
            (column..n).fold(column, |best, r| if size(&rows, r) > size(&rows, best) { r } else { best });
        rows.swap(column, pivot);
        let pivot = rows[column].clone();
        for row in &mut rows[column + 1..] {
            let factor = row[column] / pivot[column];
            for (value, &p) in row.iter_mut().zip(&pivot).skip(column) {
                *value = *value - factor * p;
            }
        }
    }
    let mut solution = vec![Dd::ZERO; n];
    for r in (0..n).rev() {
        let known = (r + 1..n).fold(rows[r][n], |sum, j| sum - rows[r][j] * solution[j]);
        solution[r] = known / rows[r][r];
    }
    solution
}
