// relu: the greater of x and 0.
function activation(x) {
  return (x < 0 ? 0 : x) + 0;
}
