/* What start_rr is measured against: a program that only starts. */
int main(void) {
    return 0;
}
